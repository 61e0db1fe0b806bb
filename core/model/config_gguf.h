#pragma once
#include "core/io/checkpoint.h"
#include "core/model/config.h"

namespace core::model {

/// Why the metadata of a GGUF file describes no model that can be run; nothing where it may.
std::optional<std::string> whyNoGgufConfig(const io::Checkpoint& checkpoint);

/// Fills in what the metadata says; the vocabulary is known. Keys as documented in ggml's gguf.md.
/// @throws Error as ModelConfig::fromCheckpoint
void readGgufConfig(const io::Checkpoint& checkpoint, ModelConfig& config);

}  // namespace core::model
