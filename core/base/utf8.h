#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace core {

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

/// Whether every byte belongs to a well-formed character (no surrogates, no overlong forms).
bool isValidUtf8(std::string_view text);

}  // namespace core
