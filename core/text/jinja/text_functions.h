#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/jinja/builders.h"

namespace core::text::jinja {

/// A set of characters for strip(): null means white space.
class CharacterSet {
 public:
  CharacterSet(const std::string* characters, Budget& budget);
  bool contains(std::uint32_t character) const;

 private:
  bool m_isSpace;
  std::vector<std::uint32_t> m_sorted;
};

/// Python's strip: which ends to cut.
enum class Ends : std::uint8_t { Left = 1, Right = 2, Both = 3 };
std::string_view stripText(std::string_view text, Ends ends, const CharacterSet& characters);

/// Takes a line off a text's begin, ended by any of the characters that Python's splitlines() knows.
/// @param keepEnd whether those stay part of the line  @pre the text is not empty
std::string_view takeLine(std::string_view& text, bool keepEnd);
/// A text with `fill` on both ends (center), or before (Left: rjust) or after it (Right: ljust), up to a width.
Value padText(std::string_view text, std::int64_t width, std::string_view fill, Ends ends, Budget& budget);

/// text.replace(from, to) as Python does it, at most `count` times (negative: all).
Value replaceText(std::string_view text, std::string_view from, std::string_view to, std::int64_t count,
                  Budget& budget);

/// A text as HTML writes it: & < > " and ' escaped.
void appendMarkup(Text& out, std::string_view text);

/// Changing case is the slowest thing done to a text: it costs more than looking at it.
enum class Letters : std::uint8_t {
  Upper,
  Lower,
  Capitalized,    ///< the first character upper case, the rest lower
  TitleOfFilter,  ///< Jinja's filter: words begin after white space and opening brackets or hyphens
  Swapped,        ///< upper case lower and the other way round
  TitleOfMethod   ///< Python's method: a letter that follows no letter begins a word
};
std::string changeCase(std::string_view text, Letters letters, Budget& budget);

}  // namespace core::text::jinja
