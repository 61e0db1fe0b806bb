#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/text/vocabulary_data.h"

namespace app {

/// tokenizer.json of Hugging Face's tokenizers: a BPE model with the merges the vocabulary carries, or those that
/// follow from the scores of SentencePiece (every way to make a token of two, in the order of scores, as transformers
/// converts tokenizer.model), with the same ids.
/// Source: tokenizers' JSON; transformers, convert_slow_tokenizer.py.
/// @param notes gets a sentence for what cannot be carried over
nlohmann::ordered_json tokenizerJson(const core::text::VocabularyData& vocabulary, std::vector<std::string>& notes);

/// tokenizer_config.json: special tokens by name, added ones, the chat template.
nlohmann::ordered_json tokenizerConfigJson(const core::text::VocabularyData& vocabulary,
                                           const std::optional<std::string>& chatTemplate, std::uint32_t contextLength);

/// The merges of a SentencePiece vocabulary, best first: "a b".
std::vector<std::string> mergesFromScores(const core::text::VocabularyData& vocabulary);

}  // namespace app
