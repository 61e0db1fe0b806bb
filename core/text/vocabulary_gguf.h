#pragma once
#include "core/io/metadata.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

/// The tokenizer in the metadata of a GGUF file: keys as documented in ggml's gguf.md, defaults as in llama.cpp.
/// @throws Error (InvalidFile, Unsupported) naming the key that is missing, or whose size, type or value is wrong
VocabularyData ggufVocabulary(const io::Metadata& metadata);

}  // namespace core::text
