#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/text/byte_level_tokenizer.h"
#include "core/text/detokenizer.h"
#include "core/text/sentencepiece_tokenizer.h"

namespace core::text {

std::shared_ptr<const Tokenizer> Tokenizer::fromCheckpoint(const io::Checkpoint& checkpoint) {
  constexpr const char* kModel = "tokenizer.ggml.model";
  const std::optional<std::string> model = checkpoint.metadata().string(kModel);
  if (!model && checkpoint.format() == io::FileFormat::Safetensors) {
    throw Error(ErrorCode::Unsupported,
                "The tokenizer of a safetensors model is not read yet; that of a GGUF file made from it is.", kModel);
  }
  if (!model) {
    throw Error(ErrorCode::InvalidFile, "The file carries no tokenizer: expected the key tokenizer.ggml.model.",
                kModel);
  }
  if (*model == "llama") return std::make_shared<SentencePieceTokenizer>(checkpoint.metadata());
  if (*model == "gpt2") return std::make_shared<ByteLevelTokenizer>(checkpoint.metadata());
  throw Error(ErrorCode::Unsupported,
              "The tokenizer " + io::inQuotes(*model) +
                  " is not supported; supported are llama (SentencePiece BPE) and gpt2 (byte-level BPE).",
              kModel);
}

std::vector<TokenId> Tokenizer::encodePrompt(std::string_view text, SpecialTokens special) const {
  std::vector<TokenId> ids = encode(text, special);
  // A rendered chat template usually brings its own BOS; two of them would be a sequence no model was trained on.
  const bool hasOwn = !ids.empty() && bos() && ids.front() == *bos();
  if (addsBos() && bos() && !hasOwn) ids.insert(ids.begin(), *bos());
  return ids;
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
