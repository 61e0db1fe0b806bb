#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/io/json_tree.h"

namespace core::io {

/// The tokenizer.json of Hugging Face's tokenizers library, version 1.0: the vocabulary of a BPE model, its merges and
/// the added tokens in full, the steps around the model as they stand there.
struct TokenizerJson {
  struct Token {
    std::string text;
    std::uint32_t id;
  };
  struct AddedToken {
    std::string content;
    std::uint32_t id = 0;
    bool special = false, stripsLeft = false, stripsRight = false, singleWord = false, normalized = true;
  };
  enum class Model : std::uint8_t { Bpe, Unigram, WordPiece };
  Model model = Model::Bpe;
  std::vector<Token> vocabulary;    ///< model.vocab, in the order of the file
  std::vector<double> scores;       ///< Unigram: of each token of the vocabulary
  std::vector<std::string> merges;  ///< "a b", in either spelling of the file ("a b" or ["a", "b"])
  std::vector<AddedToken> added;
  std::optional<std::string> unknown;      ///< model.unk_token
  std::optional<std::uint64_t> unknownId;  ///< Unigram: model.unk_id
  std::string continuationMark;            ///< WordPiece: model.continuing_subword_prefix
  std::uint64_t longestWord = 100;         ///< WordPiece: model.max_input_chars_per_word
  bool byteFallback = false, fusesUnknown = false, ignoresMerges = false;
  JsonTree normalizer, preTokenizer, postProcessor, decoder;  ///< null where there is none
};

/// Reads an untrusted tokenizer.json. No tree of the vocabulary is built; everything is bounded by the file's bytes.
/// @param source how sentences call it
/// @throws Error (InvalidFile) for what is no such file, is cut off or has a part of the wrong kind; (Unsupported)
/// naming a model other than these and settings of a BPE that change its tokens in a way nothing here follows
TokenizerJson readTokenizerJson(std::span<const std::byte> bytes, std::string_view source);

}  // namespace core::io
