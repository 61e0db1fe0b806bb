#pragma once
#include <array>
#include <string>
#include <vector>

#include "core/text/pair_merges.h"
#include "core/text/sentencepiece_text.h"
#include "core/text/vocabulary_tokenizer.h"

namespace core::text {

/// SentencePiece BPE: of all neighbouring pieces whose union is a token, the pair with the best score merges first
/// (GGUF files; Kudo and Richardson 2018), or, where there is a list of merges, the pair that it lists first (Hugging
/// Face folders). What is no token in the end becomes byte tokens, or unknown. Blanks are written U+2581.
class SentencePieceTokenizer : public VocabularyTokenizer {
 public:
  /// @throws Error (InvalidFile, Unsupported) as VocabularyTokenizer and PairMerges
  explicit SentencePieceTokenizer(const VocabularyData& data);
  std::string bytes(TokenId id) const override { return bytesOfPiece(vocabulary(), id); }
  bool addsSpacePrefix() const override { return vocabulary().addsSpacePrefix(); }

 protected:
  void encodeWord(std::string_view word, std::vector<TokenId>& out) const override;
  void forEachPart(std::string_view word, const PreTokenizer::Visit& visit) const override;

 private:
  void encodeByScore(std::string_view text, std::vector<TokenId>& out) const;
  void encodeByRank(std::string_view text, std::vector<TokenId>& out) const;
  void appendToken(std::string_view symbol, std::vector<TokenId>& out) const;
  void appendSymbols(std::string_view character, std::vector<PairMerges::Symbol>& out) const;
  void internSymbols();

  SafeCuts m_cuts;
  PairMerges m_merges;  ///< none: scores decide
  bool m_hasMerges;
  bool m_ignoresMerges;
  bool m_fusesUnknown;
  std::array<std::optional<TokenId>, 256> m_byteTokens;
  std::array<PairMerges::Symbol, 256> m_byteSymbols{};
  std::array<std::optional<PairMerges::Symbol>, 128> m_asciiSymbols;  ///< of characters that are tokens
  std::optional<PairMerges::Symbol> m_unknownSymbol;
};

}  // namespace core::text
