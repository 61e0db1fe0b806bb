#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "core/text/byte_level_tokenizer.h"
#include "core/text/detokenizer.h"
#include "core/text/sentencepiece_tokenizer.h"
#include "core/text/unigram_tokenizer.h"
#include "core/text/vocabulary_data.h"
#include "core/text/word_piece_tokenizer.h"

namespace core::text {

std::shared_ptr<const Tokenizer> Tokenizer::fromCheckpoint(const io::Checkpoint& checkpoint) {
  return fromData(vocabularyOf(checkpoint));
}

std::shared_ptr<const Tokenizer> Tokenizer::fromData(const VocabularyData& data) {
  switch (data.kind) {
    case VocabularyKind::ByteLevel:
      return std::make_shared<ByteLevelTokenizer>(data);
    case VocabularyKind::Unigram:
      return std::make_shared<UnigramTokenizer>(data);
    case VocabularyKind::WordPiece:
      return std::make_shared<WordPieceTokenizer>(data);
    case VocabularyKind::SentencePiece:
      break;
  }
  return std::make_shared<SentencePieceTokenizer>(data);
}

std::vector<TokenId> Tokenizer::encodePrompt(std::string_view text, SpecialTokens special) const {
  std::vector<TokenId> ids = encode(text, special);
  // A rendered chat template usually brings its own BOS; two of them would be a sequence no model was trained on.
  const bool hasOwn = !ids.empty() && bos() && ids.front() == *bos();
  if (addsBos() && bos() && !hasOwn) {
    ids.insert(ids.begin(), afterBos().begin(), afterBos().end());
    ids.insert(ids.begin(), *bos());
  }
  return ids;
}

std::vector<TokenId> Tokenizer::encodeWhole(std::string_view text, SpecialTokens special) const {
  std::vector<TokenId> ids = encodePrompt(text, special);
  if (addsEos() && eos()) ids.push_back(*eos());
  return ids;
}

const std::vector<TokenId>& Tokenizer::afterBos() const {
  static const std::vector<TokenId> none;
  return none;
}

void Tokenizer::checkLength(std::string_view text) {
  constexpr std::size_t kLongest = std::size_t{256} << 20;
  if (text.size() <= kLongest) return;
  throw Error(ErrorCode::InvalidArgument, "A text of at most 256 MiB can be made into tokens; this one has " +
                                              std::to_string(text.size()) + " bytes.");
}

std::string placeholder(TokenId id) { return "<token " + std::to_string(id) + ">"; }

std::string Tokenizer::decode(std::span<const TokenId> ids) const {
  // Not owning: the detokenizer lives in this call only.
  Detokenizer detokenizer(std::shared_ptr<const Tokenizer>(std::shared_ptr<const Tokenizer>(), this));
  std::string text;
  for (const TokenId id : ids) text += detokenizer.push(id);
  return text + detokenizer.flush();
}

}  // namespace core::text
