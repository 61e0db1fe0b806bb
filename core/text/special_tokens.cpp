#include "core/text/special_tokens.h"

#include <algorithm>

namespace core::text {

namespace {

/// Hashes of all prefixes of a text, from which that of any part follows in one step: however many tokens a file
/// invents, a place in the text costs the same for each length.
class PrefixHashes {
 public:
  explicit PrefixHashes(std::string_view text) : m_prefixes(text.size() + 1) {
    for (std::size_t i = 0; i < text.size(); ++i)
      m_prefixes[i + 1] = m_prefixes[i] * kBase + static_cast<unsigned char>(text[i]) + 1;
  }
  /// @param power kBase to the power of length
  std::uint64_t ofPart(std::size_t at, std::size_t length, std::uint64_t power) const {
    return m_prefixes[at + length] - m_prefixes[at] * power;
  }
  static std::uint64_t power(std::size_t exponent) {
    std::uint64_t result = 1;
    for (; exponent > 0; --exponent) result *= kBase;
    return result;
  }

 private:
  static constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15U;
  std::vector<std::uint64_t> m_prefixes;
};

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
    OfLength& tokens = m_lengths[piece.size()];
    const std::uint64_t hash = PrefixHashes(piece).ofPart(0, piece.size(), PrefixHashes::power(piece.size()));
    if (find(tokens, hash, piece) != nullptr) continue;  // of equal texts the first counts
    tokens.entries.emplace(hash, Entry{piece, id, type == TokenType::UserDefined});
    tokens.firstBytes.set(static_cast<unsigned char>(piece[0]));
  }
}

const SpecialTokenSplitter::Entry* SpecialTokenSplitter::find(const OfLength& tokens, std::uint64_t hash,
                                                              std::string_view text) {
  const auto [begin, end] = tokens.entries.equal_range(hash);
  const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second.text == text; });
  return found == end ? nullptr : &found->second;
}

std::vector<Fragment> SpecialTokenSplitter::split(std::string_view text, SpecialTokens special) const {
  std::vector<bool> taken(text.size(), false);
  std::vector<Match> kept;
  const auto range = [&](const Match& match) {
    const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(match.begin);
    return std::pair(begin, begin + static_cast<std::ptrdiff_t>(match.length));
  };
  const PrefixHashes hashes(text);
  for (const auto& [length, tokens] : m_lengths) {
    const std::uint64_t power = PrefixHashes::power(length);
    std::vector<Match> matches;
    for (std::size_t at = 0; at + length <= text.size(); ++at) {
      if (!tokens.firstBytes.test(static_cast<unsigned char>(text[at])) || taken[at]) continue;
      const Entry* found = find(tokens, hashes.ofPart(at, length, power), text.substr(at, length));
      if (found == nullptr) continue;
      if (special == SpecialTokens::Parse || found->userDefined) matches.push_back({at, length, found->id});
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
