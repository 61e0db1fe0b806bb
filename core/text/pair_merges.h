#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text/flat_table.h"
#include "core/text/vocabulary.h"

namespace core::text {

/// The merges of a BPE: of all neighbouring pairs the one that the file lists first joins first, of equal ones the
/// leftmost (Sennrich et al. 2016).
class PairMerges {
 public:
  /// Number of a text that occurs in merges; it need not be a token.
  using Symbol = std::uint32_t;

  /// @param merges "a b", best first
  /// @throws Error (InvalidFile, where: tokenizer.ggml.merges) for one that is not two texts with a blank between
  PairMerges(const std::vector<std::string>& merges, const Vocabulary& vocabulary);

  /// The symbol of a text, made where there is none. @param token what it becomes in the end
  Symbol intern(const std::string& text, std::optional<TokenId> token);
  std::optional<Symbol> find(std::string_view text) const;
  const std::string& text(Symbol symbol) const { return m_texts[symbol]; }
  std::optional<TokenId> token(Symbol symbol) const { return m_tokens[symbol]; }

  /// Joins what can be joined. @param symbols at most 2³² − 2
  void apply(std::vector<Symbol>& symbols) const;

 private:
  struct Rule {
    std::uint32_t rank = 0;
    Symbol merged = 0;
  };
  void applyToFew(std::vector<Symbol>& symbols) const;
  void applyToMany(std::vector<Symbol>& symbols) const;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, Symbol, TextHash, std::equal_to<>> m_symbols;
  std::vector<std::string> m_texts;  ///< as the vocabulary writes them
  std::vector<std::optional<TokenId>> m_tokens;
  FlatTable<Rule> m_rules;  ///< key: left << 32 | right
};

}  // namespace core::text
