#pragma once
#include <array>
#include <string>
#include <vector>

#include "core/text/pair_merges.h"
#include "core/text/vocabulary_tokenizer.h"

namespace core::text {

/// Byte-level BPE (Radford et al. 2019): a pre-tokenizer cuts the text into words; within a word, pairs merge in the
/// order of the file's list, beginning with single bytes. In vocabulary and merges a byte is written as one printable
/// character (0x20 as U+0120).
class ByteLevelTokenizer : public VocabularyTokenizer {
 public:
  /// @throws Error (InvalidFile, Unsupported) as VocabularyTokenizer and PairMerges
  explicit ByteLevelTokenizer(const VocabularyData& data);
  std::string bytes(TokenId id) const override;

 protected:
  void encodeWord(std::string_view word, std::vector<TokenId>& out) const override;

 private:
  void appendSymbol(PairMerges::Symbol symbol, std::vector<TokenId>& out) const;

  PairMerges m_merges;
  std::array<PairMerges::Symbol, 256> m_byteSymbols{};
  bool m_ignoresMerges;
};

}  // namespace core::text
