#pragma once
#include <bitset>
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
    TokenId id;
    bool userDefined;
  };
  std::unordered_map<std::string_view, Entry> m_entries;  ///< views into the vocabulary's tokens
  /// Lengths that occur, longest first, each with the first bytes of its tokens.
  std::map<std::size_t, std::bitset<256>, std::greater<>> m_lengths;
};

}  // namespace core::text
