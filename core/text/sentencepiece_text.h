#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/text/pre_tokenizer.h"
#include "core/text/vocabulary.h"

namespace core::text {

/// The byte of a token written "<0x0A>", or nothing.
std::optional<unsigned char> byteOfPiece(std::string_view piece);

/// The bytes that a token of SentencePiece stands for, as Tokenizer::bytes.
std::string bytesOfPiece(const Vocabulary& vocabulary, TokenId id);

/// Where a text of SentencePiece can be cut so that the parts become the tokens that the whole becomes: in front of a
/// U+2581 behind a character that no token has in front of one. Nearly all words, as a rule.
class BlankCuts {
 public:
  explicit BlankCuts(const Vocabulary& vocabulary);
  void forEachPart(std::string_view text, const PreTokenizer::Visit& visit) const;

 private:
  bool m_isPossible;
  std::unordered_set<std::uint32_t> m_joined;  ///< the characters that stand in front of a U+2581 in a token
};

}  // namespace core::text
