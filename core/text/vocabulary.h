#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/text/tokenizer.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

/// The tokens of a model file, their kinds and their special numbers, checked against each other.
class Vocabulary {
 public:
  /// @throws Error (InvalidFile) for lists of different lengths and ids that are no token's
  explicit Vocabulary(const VocabularyData& data);
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  std::size_t size() const { return m_tokens.size(); }
  bool has(TokenId id) const { return id >= 0 && static_cast<std::size_t>(id) < m_tokens.size(); }
  /// The token's text; a placeholder for an id that is no token.
  std::string piece(TokenId id) const { return has(id) ? text(id) : placeholder(id); }
  /// @pre has(id), as for type and score
  const std::string& text(TokenId id) const { return m_tokens[static_cast<std::size_t>(id)]; }
  TokenType type(TokenId id) const { return m_types[static_cast<std::size_t>(id)]; }
  float score(TokenId id) const { return m_scores[static_cast<std::size_t>(id)]; }
  /// The token that ordinary text may become: control, unknown and byte tokens are never found. Of equal texts the
  /// last one counts, as in llama.cpp.
  std::optional<TokenId> find(std::string_view text) const;
  /// Longest text `find` can succeed for, in bytes.
  std::size_t longest() const { return m_longest; }

  std::optional<TokenId> bos() const { return m_bos; }
  std::optional<TokenId> eos() const { return m_eos; }
  std::optional<TokenId> unknown() const { return m_unknown; }
  bool addsBos() const { return m_addsBos; }
  bool addsEos() const { return m_addsEos; }
  const std::vector<TokenId>& afterBos() const { return m_afterBos; }
  bool addsSpacePrefix() const { return m_addsSpacePrefix; }
  bool endsGeneration(TokenId id) const { return m_ends.contains(id); }
  /// Whether decoding shows nothing for it: control tokens, and an unknown one that a folder calls special.
  bool isSilent(TokenId id) const {
    return type(id) == TokenType::Control || (m_unknownIsSilent && type(id) == TokenType::Unknown);
  }
  /// Whether an unknown token shows as what SentencePiece shows; else it shows its own text.
  bool marksUnknown() const { return m_marksUnknown; }

 private:
  void check(const VocabularyData& data) const;
  void indexTexts();
  void collectEnds(const VocabularyData& data);

  std::vector<std::string> m_tokens;
  std::vector<TokenType> m_types;
  std::vector<float> m_scores;
  std::unordered_map<std::string_view, TokenId> m_ids;  ///< views into m_tokens
  std::size_t m_longest = 0;
  std::optional<TokenId> m_bos;
  std::optional<TokenId> m_eos;
  std::optional<TokenId> m_unknown;
  bool m_addsBos = false, m_addsEos = false;
  std::vector<TokenId> m_afterBos;
  bool m_addsSpacePrefix = false;
  bool m_unknownIsSilent = false, m_marksUnknown = true;
  std::unordered_set<TokenId> m_ends;
};

}  // namespace core::text
