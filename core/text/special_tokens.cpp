#include "core/text/special_tokens.h"

#include <algorithm>

#include "core/text/unicode.h"
#include "core/text/white_space.h"

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

/// Whether no word goes on across the ends of text[begin, end).
bool standsAlone(std::string_view text, std::size_t begin, std::size_t end) {
  const auto isInWord = [&](std::size_t at) { return isWordCharacter(firstCharacter(text.substr(at)).codePoint); };
  const bool isOpen = begin == 0 || !isInWord(lastCharacter(text.substr(0, begin)));
  return isOpen && (end == text.size() || !isInWord(end));
}

}  // namespace

SpecialTokenSplitter::SpecialTokenSplitter(std::vector<Wanted> tokens, VocabularyData::Search search)
    : m_tokens(std::move(tokens)), m_search(search) {
  for (const Wanted& wanted : m_tokens) {
    const std::string& text = wanted.text;
    if (text.empty() || text.size() > kLongest) continue;
    OfLength& known = m_lengths[text.size()];
    known.power = PrefixHashes::power(text.size());
    const std::uint64_t hash = PrefixHashes(text).ofPart(0, text.size(), known.power);
    if (find(known, hash, text) != nullptr) continue;
    known.entries.emplace(hash, &wanted);
    known.firstBytes.set(static_cast<unsigned char>(text[0]));
    m_firstBytes.set(static_cast<unsigned char>(text[0]));
  }
}

const SpecialTokenSplitter::Wanted* SpecialTokenSplitter::find(const OfLength& tokens, std::uint64_t hash,
                                                               std::string_view text) {
  const auto [begin, end] = tokens.entries.equal_range(hash);
  const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second->text == text; });
  return found == end ? nullptr : found->second;
}

std::vector<Fragment> SpecialTokenSplitter::split(std::string_view text, SpecialTokens special) const {
  const std::vector<Match> matches = isEmpty() ? std::vector<Match>()
                                     : m_search == VocabularyData::Search::LongestFirst
                                         ? longestFirst(text, special)
                                         : leftmostLongest(text, special);
  std::vector<Fragment> fragments;
  std::size_t position = 0;
  for (const Match& match : matches) {
    if (match.begin > position) fragments.push_back({text.substr(position, match.begin - position), std::nullopt});
    fragments.push_back({text.substr(match.begin, match.length), match.id});
    position = match.begin + match.length;
  }
  if (position < text.size()) fragments.push_back({text.substr(position), std::nullopt});
  return fragments;
}

std::vector<SpecialTokenSplitter::Match> SpecialTokenSplitter::longestFirst(std::string_view text,
                                                                            SpecialTokens special) const {
  std::vector<bool> taken(text.size(), false);
  std::vector<Match> kept;
  const auto range = [&](const Match& match) {
    const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(match.begin);
    return std::pair(begin, begin + static_cast<std::ptrdiff_t>(match.length));
  };
  const PrefixHashes hashes(text);
  for (const auto& [length, tokens] : m_lengths) {
    std::vector<Match> matches;
    for (std::size_t at = 0; at + length <= text.size(); ++at) {
      if (!tokens.firstBytes.test(static_cast<unsigned char>(text[at])) || taken[at]) continue;
      const Wanted* found = find(tokens, hashes.ofPart(at, length, tokens.power), text.substr(at, length));
      if (found == nullptr) continue;
      if (special == SpecialTokens::Parse || !found->token.special) matches.push_back({at, length, found->token.id});
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
  return kept;
}

// Source: AddedVocabulary::find_matches of Hugging Face's tokenizers.
std::vector<SpecialTokenSplitter::Match> SpecialTokenSplitter::leftmostLongest(std::string_view text,
                                                                               SpecialTokens special) const {
  const PrefixHashes hashes(text);
  const auto longestAt = [&](std::size_t at) -> const Wanted* {
    const auto first = static_cast<unsigned char>(text[at]);
    if (!m_firstBytes.test(first)) return nullptr;
    for (const auto& [length, tokens] : m_lengths) {
      if (at + length > text.size() || !tokens.firstBytes.test(first)) continue;
      const Wanted* found = find(tokens, hashes.ofPart(at, length, tokens.power), text.substr(at, length));
      if (found != nullptr) return found;
    }
    return nullptr;
  };
  std::vector<Match> matches;
  std::size_t free = 0;   // where what no token has taken yet begins
  std::size_t space = 0;  // up to here there is nothing but white space behind the last token that looked
  for (std::size_t at = 0; at < text.size();) {
    const Wanted* const found = longestAt(at);
    if (found == nullptr) {
      ++at;
      continue;
    }
    std::size_t begin = std::max(at, free), end = at + found->text.size();
    const std::size_t next = end;
    const bool isHidden = (special == SpecialTokens::AsText && found->token.special) ||
                          (found->token.singleWord && !standsAlone(text, at, end));
    if (!isHidden) {
      if (found->token.stripsLeft && at > free) begin = free + withoutTrailingWhiteSpace(text.substr(free, at - free));
      if (found->token.stripsRight && end >= space) space = end + leadingWhiteSpace(text.substr(end));
      if (found->token.stripsRight) end = space;
      matches.push_back({begin, end - begin, found->token.id});
      free = end;
    }
    at = next;
  }
  return matches;
}

}  // namespace core::text
