#pragma once
#include "core/io/checkpoint.h"
#include "core/model/config.h"

namespace core::model {

/// Why the config.json of a Hugging Face folder describes no model that can be run; nothing where it may.
std::optional<std::string> whyNoHuggingFaceConfig(const io::Checkpoint& checkpoint);

/// Fills in what config.json says of a model of type llama or mistral; the vocabulary is known.
/// Source: LlamaConfig, MistralConfig and modeling_rope_utils of transformers, and their defaults.
/// @throws Error as ModelConfig::fromCheckpoint
void readHuggingFaceConfig(const io::Checkpoint& checkpoint, ModelConfig& config);

}  // namespace core::model
