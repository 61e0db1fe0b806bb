#pragma once
#include <filesystem>
#include <memory>
#include <string_view>

#include "core/base/job_context.h"
#include "core/io/checkpoint.h"

namespace core::io {

/// Opens a safetensors file, with the config.json beside it when the file is a folder's model.safetensors.
/// @throws Error as openCheckpoint
std::shared_ptr<const Checkpoint> openSafetensors(const std::filesystem::path& path);

/// Opens a *.safetensors.index.json: {"weight_map": {"TENSOR": "SHARD.safetensors", …}}, its shards (which must lie in
/// the same folder) and the config.json beside it. The table lists the tensors of the map, in its order.
/// @throws Error as openCheckpoint, Cancelled
std::shared_ptr<const Checkpoint> openShardedSafetensors(const std::filesystem::path& index, const JobContext& job);

/// Opens the model in a folder: model.safetensors, model.safetensors.index.json, or else the only index, the only
/// *.safetensors or the only *.gguf in it.
/// @throws Error (NotFound, InvalidArgument) saying what the folder holds instead, and as openCheckpoint
std::shared_ptr<const Checkpoint> openFolder(const std::filesystem::path& folder, const JobContext& job);

}  // namespace core::io
