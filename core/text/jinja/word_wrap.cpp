#include "core/text/jinja/word_wrap.h"

#include <cctype>

#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

bool isBlank(std::string_view piece) {
  return !piece.empty() && std::string_view(" \t\v\f").find(piece[0]) != std::string_view::npos;
}

}  // namespace

std::int64_t WordWrap::lengthOf(std::string_view piece) {
  m_out.budget().read(piece.size());
  return static_cast<std::int64_t>(countCharacters(piece));
}

void WordWrap::wrap(std::string_view line) {
  std::vector<std::string_view> pieces = split(line);
  m_out.budget().make(pieces.size() * sizeof(pieces[0]));
  if (!std::exchange(m_isFirst, false)) m_out += m_between;
  bool any = false;
  std::size_t at = 0;
  for (bool isFirst = true; at < pieces.size(); isFirst = false) {
    if (!isFirst && isBlank(pieces[at])) ++at;
    if (at == pieces.size()) break;
    const std::size_t from = at;
    std::int64_t used = 0;
    while (at < pieces.size() && used + lengthOf(pieces[at]) <= m_width) used += lengthOf(pieces[at++]);
    std::string taken;
    for (std::size_t k = from; k < at; ++k) taken += pieces[k];
    if (at < pieces.size() && lengthOf(pieces[at]) > m_width) breakWord(pieces, at, taken, used);
    while (!taken.empty() && isBlank(std::string_view(taken).substr(taken.size() - 1))) taken.pop_back();
    if (taken.empty()) continue;
    if (any) m_out += m_between;
    any = true;
    m_out += taken;
  }
}

/// A word too long for any line: what still fits goes onto this one.
void WordWrap::breakWord(std::vector<std::string_view>& pieces, std::size_t& at, std::string& taken,
                         std::int64_t used) {
  if (!m_breakLong) {
    if (taken.empty()) taken = pieces[at++];
    return;
  }
  std::size_t bytes = 0;
  for (std::int64_t room = std::max<std::int64_t>(1, m_width - used); room > 0 && bytes < pieces[at].size(); --room) {
    bytes += firstCharacter(pieces[at].substr(bytes)).length;
  }
  // A hyphen within it is a better place.
  const std::size_t hyphen = pieces[at].substr(0, bytes).rfind('-');
  if (m_breakHyphens && hyphen != std::string_view::npos && hyphen > 0) bytes = hyphen + 1;
  taken += pieces[at].substr(0, bytes);
  pieces[at].remove_prefix(bytes);
  if (pieces[at].empty()) ++at;
}

/// Runs of white space and words, words cut after hyphens between letters.
std::vector<std::string_view> WordWrap::split(std::string_view line) const {
  std::vector<std::string_view> pieces;
  std::size_t from = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const bool blank = isBlank(line.substr(at, 1));
    if (at > from && blank != isBlank(line.substr(from, 1))) {
      pieces.push_back(line.substr(from, at - from));
      from = at;
    }
    const auto letterAt = [&](std::size_t i) {
      return i < line.size() && (std::isalpha(static_cast<unsigned char>(line[i])) != 0 || (line[i] & 0x80) != 0);
    };
    const bool cuts = m_breakHyphens && line[at] == '-' && at > from + 1 && letterAt(at - 1) && letterAt(at - 2) &&
                      letterAt(at + 1) && letterAt(at + 2);
    if (cuts) {
      pieces.push_back(line.substr(from, at + 1 - from));
      from = at + 1;
    }
  }
  if (from < line.size()) pieces.push_back(line.substr(from));
  return pieces;
}

}  // namespace core::text::jinja
