#include "core/text/special_tokens.h"

#include <algorithm>

namespace core::text {

namespace {

struct Match {
  std::size_t begin;
  std::size_t length;
  TokenId id;
};

}  // namespace

SpecialTokenSplitter::SpecialTokenSplitter(const Vocabulary& vocabulary) {
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const TokenType type = vocabulary.type(id);
    const bool special = type == TokenType::Control || type == TokenType::UserDefined || type == TokenType::Unknown;
    const std::string& piece = vocabulary.text(id);
    if (!special || piece.empty() || piece.size() > kLongest) continue;
    m_entries.try_emplace(piece, Entry{id, type == TokenType::UserDefined});
    m_lengths[piece.size()].set(static_cast<unsigned char>(piece[0]));
  }
}

std::vector<Fragment> SpecialTokenSplitter::split(std::string_view text, SpecialTokens special) const {
  std::vector<bool> taken(text.size(), false);
  std::vector<Match> kept;
  const auto range = [&](const Match& match) {
    const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(match.begin);
    return std::pair(begin, begin + static_cast<std::ptrdiff_t>(match.length));
  };
  for (const auto& [length, firstBytes] : m_lengths) {
    std::vector<Match> matches;
    for (std::size_t at = 0; at + length <= text.size(); ++at) {
      if (!firstBytes.test(static_cast<unsigned char>(text[at])) || taken[at]) continue;
      const auto found = m_entries.find(text.substr(at, length));
      if (found == m_entries.end()) continue;
      const bool wanted = special == SpecialTokens::Parse || found->second.userDefined;
      if (wanted) matches.push_back({at, length, found->second.id});
    }
    std::stable_sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) { return a.id < b.id; });
    for (const Match& match : matches) {
      const auto [begin, end] = range(match);
      if (std::find(begin, end, true) != end) continue;
      std::fill(begin, end, true);
      kept.push_back(match);
    }
  }
  std::sort(kept.begin(), kept.end(), [](const Match& a, const Match& b) { return a.begin < b.begin; });
  std::vector<Fragment> fragments;
  std::size_t position = 0;
  for (const Match& match : kept) {
    if (match.begin > position) fragments.push_back({text.substr(position, match.begin - position), std::nullopt});
    fragments.push_back({text.substr(match.begin, match.length), match.id});
    position = match.begin + match.length;
  }
  if (position < text.size()) fragments.push_back({text.substr(position), std::nullopt});
  return fragments;
}

}  // namespace core::text
