#pragma once
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/text/token.h"

namespace core::text {

/// The tokens of words that were met before: a table of fixed size (4 MiB) in which a new word takes the place of
/// another one. Longer words and those of many tokens are not kept.
class WordCache {
 public:
  WordCache();

  /// Appends the tokens of a word. @returns false where it is not known
  bool append(std::string_view word, std::vector<TokenId>& out) const;
  void keep(std::string_view word, std::span<const TokenId> ids);
  /// What it takes once it has met many words.
  static constexpr std::size_t bytes() { return kEntries * sizeof(Entry); }

 private:
  struct Entry {
    std::uint8_t length;  ///< of the word, 0: none
    std::uint8_t count;   ///< of tokens
    std::array<char, 46> word;
    std::array<TokenId, 20> ids;
  };
  struct Freer {
    void operator()(Entry* entries) const { std::free(entries); }
  };
  static constexpr std::size_t kEntries = std::size_t{1} << 15U;
  Entry& entryOf(std::string_view word) const;

  /// Of the system, which gives memory when it is first written to: most tokenizers meet few words.
  std::unique_ptr<Entry[], Freer> m_entries;
};

}  // namespace core::text
