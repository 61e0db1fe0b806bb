#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/utf8.h"

namespace core::text {

/// The text with every ill-formed or cut-off part replaced by U+FFFD.
std::string replaceInvalidUtf8(std::string_view text);
void appendUtf8(std::string& out, std::uint32_t codePoint);
std::size_t countCharacters(std::string_view text);

/// What Python's str.isspace() calls white space.
bool isSpace(std::uint32_t codePoint);
/// Append a character in upper, lower or title case (which Unicode has for a few where upper case differs).
void appendUpper(std::string& out, std::uint32_t codePoint);
void appendLower(std::string& out, std::uint32_t codePoint);
void appendTitle(std::string& out, std::uint32_t codePoint);
bool isLetter(std::uint32_t codePoint);
bool isDigit(std::uint32_t codePoint);
/// What Python's str.isprintable() holds for: not a control, format, private or unassigned character, nor a separator
/// other than the blank.
bool isPrintable(std::uint32_t codePoint);
/// What \w matches in Unicode's regular expressions (UTS #18, annex C): letters, marks, numbers, connectors.
bool isWordCharacter(std::uint32_t codePoint);

}  // namespace core::text
