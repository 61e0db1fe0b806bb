#pragma once
#include <array>
#include <string>
#include <vector>

#include "core/text/pair_merges.h"
#include "core/text/text_segmenter.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary.h"

namespace core::text {

/// Byte-level BPE (Radford et al. 2019): a pre-tokenizer cuts the text into words; within a word, pairs merge in the
/// order of the file's list, beginning with single bytes. In vocabulary and merges a byte is written as one printable
/// character (0x20 as U+0120).
class ByteLevelTokenizer : public Tokenizer {
 public:
  /// @throws Error (InvalidFile, Unsupported) as Vocabulary, PairMerges and PreTokenizer
  explicit ByteLevelTokenizer(const VocabularyData& data);

  std::size_t size() const override { return m_vocabulary.size(); }
  std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const override;
  std::string bytes(TokenId id) const override;
  std::string piece(TokenId id) const override { return m_vocabulary.piece(id); }
  std::optional<TokenId> bos() const override { return m_vocabulary.bos(); }
  std::optional<TokenId> eos() const override { return m_vocabulary.eos(); }
  bool addsBos() const override { return m_vocabulary.addsBos(); }
  bool isEndOfGeneration(TokenId id) const override { return m_vocabulary.endsGeneration(id); }

 private:
  void encodeWord(std::string_view word, std::vector<TokenId>& out) const;
  void appendSymbol(PairMerges::Symbol symbol, std::vector<TokenId>& out) const;

  Vocabulary m_vocabulary;
  TextSegmenter m_segmenter;
  PairMerges m_merges;
  std::array<PairMerges::Symbol, 256> m_byteSymbols{};
  bool m_ignoresMerges;
};

}  // namespace core::text
