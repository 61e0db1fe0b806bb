#pragma once
#include <array>
#include <string>
#include <vector>

#include "core/text/pair_merges.h"
#include "core/text/text_segmenter.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary.h"

namespace core::text {

/// SentencePiece BPE: of all neighbouring pieces whose union is a token, the pair with the best score merges first
/// (GGUF files; Kudo and Richardson 2018), or, where there is a list of merges, the pair that it lists first (Hugging
/// Face folders). What is no token in the end becomes byte tokens, or unknown. Blanks are written U+2581.
class SentencePieceTokenizer : public Tokenizer {
 public:
  /// @throws Error (InvalidFile, Unsupported) as Vocabulary, PairMerges and PreTokenizer
  explicit SentencePieceTokenizer(const VocabularyData& data);

  std::size_t size() const override { return m_vocabulary.size(); }
  std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const override;
  std::string bytes(TokenId id) const override;
  std::string piece(TokenId id) const override { return m_vocabulary.piece(id); }
  std::optional<TokenId> bos() const override { return m_vocabulary.bos(); }
  std::optional<TokenId> eos() const override { return m_vocabulary.eos(); }
  bool addsBos() const override { return m_vocabulary.addsBos(); }
  bool addsSpacePrefix() const override { return m_vocabulary.addsSpacePrefix(); }
  bool isEndOfGeneration(TokenId id) const override { return m_vocabulary.endsGeneration(id); }

 private:
  void encodeByScore(std::string_view text, std::vector<TokenId>& out) const;
  void encodeByRank(std::string_view text, std::vector<TokenId>& out) const;
  void appendToken(std::string_view symbol, std::vector<TokenId>& out) const;
  void appendSymbols(std::string_view character, std::vector<PairMerges::Symbol>& out) const;
  void internSymbols();

  Vocabulary m_vocabulary;
  TextSegmenter m_segmenter;
  PairMerges m_merges;  ///< none: scores decide
  bool m_hasMerges;
  bool m_fusesUnknown;
  std::array<std::optional<TokenId>, 256> m_byteTokens;
  std::array<PairMerges::Symbol, 256> m_byteSymbols{};
  std::optional<PairMerges::Symbol> m_unknownSymbol;
};

}  // namespace core::text
