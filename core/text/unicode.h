#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace core::text {

enum class Utf8Kind : std::uint8_t {
  Complete,   ///< a whole, valid character
  Invalid,    ///< bytes that no continuation can make valid: they count as one U+FFFD
  Incomplete  ///< a valid beginning of a character, cut off by the end of the text
};

/// What a text begins with.
struct Utf8Step {
  Utf8Kind kind;
  std::size_t length;       ///< bytes it takes, 1…4
  std::uint32_t codePoint;  ///< U+FFFD unless Complete
};

/// Looks at the first character of a non-empty text of any bytes. Ill-formed bytes are grouped as the Unicode
/// standard recommends (maximal subparts, chapter 3.9, table 3-7).
Utf8Step firstCharacter(std::string_view text);

bool isValidUtf8(std::string_view text);
/// The text with every ill-formed or cut-off part replaced by U+FFFD.
std::string replaceInvalidUtf8(std::string_view text);
void appendUtf8(std::string& out, std::uint32_t codePoint);
std::size_t countCharacters(std::string_view text);

/// What Python's str.isspace() calls white space.
bool isSpace(std::uint32_t codePoint);
std::string toUpper(std::string_view text);
std::string toLower(std::string_view text);
/// First character upper case (title case where Unicode has one), the rest lower case.
std::string capitalize(std::string_view text);
bool isLetter(std::uint32_t codePoint);
bool isDigit(std::uint32_t codePoint);

}  // namespace core::text
