#pragma once
#include <string>
#include <vector>

#include "core/text/token_trie.h"
#include "core/text/vocabulary_tokenizer.h"

namespace core::text {

/// WordPiece (Wu et al. 2016) as BERT reads it: of each word the longest token that it begins with, then of the rest;
/// a word of which any rest has none, or that is too long, is unknown as a whole.
class WordPieceTokenizer : public VocabularyTokenizer {
 public:
  /// @throws Error (InvalidFile, Unsupported) as VocabularyTokenizer
  explicit WordPieceTokenizer(const VocabularyData& data);
  /// Every token that does not go on with a word has a blank in front; marks lose it where the file wants that.
  std::string bytes(TokenId id) const override;
  bool addsSpacePrefix() const override { return true; }

 protected:
  void encodeWord(std::string_view word, std::vector<TokenId>& out) const override;

 private:
  TokenTrie m_trie;
  std::string m_wordMark, m_continuationMark;
  std::optional<TokenTrie::Node> m_wordNode, m_continuationNode;  ///< where tokens begin that begin with these
  std::size_t m_longestWord;
  bool m_cleansUp;
};

}  // namespace core::text
