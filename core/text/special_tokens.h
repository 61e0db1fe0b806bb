#pragma once
#include <bitset>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text/tokenizer.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

/// A stretch of the input: ordinary text, or one token written out in it.
struct Fragment {
  std::string_view text;
  std::optional<TokenId> token;
};

/// Finds tokens that are written out in a text: user-defined ones always, control and unknown ones when asked to.
class SpecialTokenSplitter {
 public:
  /// Longer texts are not looked for; no model has one, and a file full of them would make every search slow.
  static constexpr std::size_t kLongest = 256;
  /// A token to look for, and how it is written: its text in the vocabulary, or that text normalized.
  struct Wanted {
    std::string text;
    AddedToken token;
  };
  /// LongestFirst: longer tokens take precedence over shorter ones, then lower ids, then the left (llama.cpp).
  /// LeftmostLongest: the longest of those that begin first; what is not to be found hides what begins inside it
  /// (Hugging Face's tokenizers). Of equal texts the first one counts.
  SpecialTokenSplitter(std::vector<Wanted> tokens, VocabularyData::Search search);
  std::vector<Fragment> split(std::string_view text, SpecialTokens special) const;
  bool isEmpty() const { return m_lengths.empty(); }

 private:
  struct Match {
    std::size_t begin, length;
    TokenId id;
  };
  /// The tokens of one length: their first bytes, and each by the hash of its text.
  struct OfLength {
    std::bitset<256> firstBytes;
    std::unordered_multimap<std::uint64_t, const Wanted*> entries;
    std::uint64_t power = 1;  ///< of the hash
  };
  static const Wanted* find(const OfLength& tokens, std::uint64_t hash, std::string_view text);
  std::vector<Match> longestFirst(std::string_view text, SpecialTokens special) const;
  std::vector<Match> leftmostLongest(std::string_view text, SpecialTokens special) const;

  std::vector<Wanted> m_tokens;
  VocabularyData::Search m_search;
  std::bitset<256> m_firstBytes;                              ///< of all tokens
  std::map<std::size_t, OfLength, std::greater<>> m_lengths;  ///< that occur, longest first
};

}  // namespace core::text
