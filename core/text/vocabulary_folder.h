#pragma once
#include "core/io/checkpoint.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

/// The tokenizer of a Hugging Face folder: tokenizer.json, and what tokenizer_config.json, special_tokens_map.json,
/// generation_config.json and config.json say of its special tokens.
/// @throws Error (InvalidFile, Unsupported) with one sentence about the file that is missing, malformed, contradictory
/// or of an unknown kind
VocabularyData folderVocabulary(const io::Checkpoint& checkpoint);

}  // namespace core::text
