#pragma once
#include <string>
#include <string_view>

namespace core::io {

/// Text from a file, safe to put in a sentence: in double quotes, control characters and bytes that are not UTF-8 as
/// \xNN, and no longer than about 100 bytes.
std::string inQuotes(std::string_view text);

/// The text with every byte that is not UTF-8 as \xNN; whatever is UTF-8 stays.
/// @param mark what stands before the two digits
std::string escapeInvalidUtf8(std::string_view text, std::string_view mark = "\\x");

enum class LineBreaks { Escape, Keep };

/// Text from a file, safe to print on a terminal: control characters (C0, DEL, C1), characters that reorder or break
/// lines and bytes that are not UTF-8 as \xNN, so that no file can move the cursor, change colours or hide a name.
/// @param lineBreaks whether \n and \t stay what they are (answers, prompts) or are shown as two characters (names)
std::string printable(std::string_view text, LineBreaks lineBreaks = LineBreaks::Escape);

/// Whether a terminal would obey this character, or a reader could be misled by it, instead of seeing it.
bool isControl(char32_t codePoint);

}  // namespace core::io
