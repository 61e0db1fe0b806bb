#pragma once
#include <bitset>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text/tokenizer.h"
#include "core/text/vocabulary.h"

namespace core::text {

/// A stretch of the input: ordinary text, or one token written out in it.
struct Fragment {
  std::string_view text;
  std::optional<TokenId> token;
};

/// Finds tokens that are written out in a text before anything else looks at it: user-defined tokens always, control
/// and unknown ones when asked to. Longer tokens take precedence over shorter ones, then lower ids, then the left.
class SpecialTokenSplitter {
 public:
  explicit SpecialTokenSplitter(const Vocabulary& vocabulary);
  std::vector<Fragment> split(std::string_view text, SpecialTokens special) const;

 private:
  /// Longer texts are not looked for; no model has one, and a file full of them would make every search slow.
  static constexpr std::size_t kLongest = 256;
  struct Entry {
    std::string_view text;  ///< in the vocabulary
    TokenId id;
    bool userDefined;
  };
  /// The tokens of one length: their first bytes, and each by the hash of its text.
  struct OfLength {
    std::bitset<256> firstBytes;
    std::unordered_multimap<std::uint64_t, Entry> entries;
  };
  static const Entry* find(const OfLength& tokens, std::uint64_t hash, std::string_view text);

  std::map<std::size_t, OfLength, std::greater<>> m_lengths;  ///< that occur, longest first
};

}  // namespace core::text
