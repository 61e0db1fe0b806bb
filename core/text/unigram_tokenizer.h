#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/text/sentencepiece_text.h"
#include "core/text/token_trie.h"
#include "core/text/vocabulary_tokenizer.h"

namespace core::text {

/// Unigram language model (Kudo 2018): of all ways to write a word as tokens the one whose log probabilities (the
/// scores) sum up to most, found by Viterbi's algorithm. A character without a token of its own may be unknown, at 10
/// below the lowest score; what is unknown becomes byte tokens where the file wants that and has them.
class UnigramTokenizer : public VocabularyTokenizer {
 public:
  /// @throws Error (InvalidFile, Unsupported) as VocabularyTokenizer
  explicit UnigramTokenizer(const VocabularyData& data);
  std::string bytes(TokenId id) const override { return bytesOfPiece(vocabulary(), id); }
  bool addsSpacePrefix() const override { return vocabulary().addsSpacePrefix(); }

 protected:
  void encodeWord(std::string_view word, std::vector<TokenId>& out) const override;
  /// Long texts are cut where no token goes across: what they need in memory is many times their length.
  void forEachPart(std::string_view word, const PreTokenizer::Visit& visit) const override;

 private:
  static constexpr TokenId kUnknown = TokenTrie::kNone;
  /// The best way to write what lies in front of a place.
  struct Best {
    double score = 0;
    std::uint32_t begin = 0;  ///< of its last token
    TokenId token = kUnknown;
    bool isReached = false;
  };
  void extend(std::string_view word, std::size_t begin, std::vector<Best>& best) const;
  void appendUnknown(std::string_view text, std::vector<TokenId>& out) const;

  TokenTrie m_trie;
  SafeCuts m_cuts;
  double m_unknownScore = 0;
  bool m_fusesUnknown;
  std::array<std::optional<TokenId>, 256> m_byteTokens;
};

}  // namespace core::text
