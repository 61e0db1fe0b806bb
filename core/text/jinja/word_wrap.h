#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/text/jinja/builders.h"

namespace core::text::jinja {

/// Writes texts in lines of at most so many characters, cut between words or, when a word is longer than a line, within
/// it: the rules of Python's textwrap, as far as blanks, tabs and hyphens between letters go.
class WordWrap {
 public:
  /// @param width characters, 1 or more  @param between stands between two lines  @param out lives as long as this
  WordWrap(std::int64_t width, bool breakLong, bool breakHyphens, std::string_view between, Text& out)
      : m_width(width), m_breakLong(breakLong), m_breakHyphens(breakHyphens), m_between(between), m_out(out) {}

  /// A line of the text itself, in as many as it takes; an empty one stays.
  void wrap(std::string_view line);

 private:
  std::int64_t lengthOf(std::string_view piece);
  void breakWord(std::vector<std::string_view>& pieces, std::size_t& at, std::string& taken, std::int64_t used);
  std::vector<std::string_view> split(std::string_view line) const;

  std::int64_t m_width;
  bool m_breakLong, m_breakHyphens;
  std::string_view m_between;
  Text& m_out;
  bool m_isFirst = true;
};

}  // namespace core::text::jinja
