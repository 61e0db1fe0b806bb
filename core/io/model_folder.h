#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "core/io/open_file.h"

namespace core::io {

/// Opens the model in a folder: model.safetensors, its index, or else the only index, safetensors file (or set of
/// shards) or GGUF file (or set of parts) in it. An index that cannot be read is a warning when the shards are there.
/// A folder of the Hugging Face cache (models--ORG--NAME) stands for the snapshot its refs/main names, a folder of an
/// Ollama store for its only model.
/// @throws Error (NotFound, InvalidArgument) saying what the folder holds instead, and as openCheckpoint
std::shared_ptr<const Checkpoint> openFolder(const std::filesystem::path& folder, const JobContext& job, Found found);

/// How a model in this folder is called: "ORG/NAME" inside the Hugging Face cache, else the folder's own name.
std::string modelNameOf(const std::filesystem::path& folder);

}  // namespace core::io
