#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/io/open_file.h"

namespace core::io {

/// Opens a safetensors file, with the settings beside it when the file is a folder's model or adapter. One that is
/// called like a shard (NAME-00001-of-00002.safetensors) opens together with the others.
/// @throws Error as openCheckpoint, (NotFound) naming the shards that are missing
std::shared_ptr<const Checkpoint> openSafetensors(const std::filesystem::path& path, const JobContext& job,
                                                  Found found);

/// Opens a *.safetensors.index.json: {"weight_map": {"TENSOR": "SHARD.safetensors", …}}, its shards (which must lie in
/// the same folder) and the settings beside it. The table lists the tensors of the map, in its order.
/// @throws Error as openCheckpoint, Cancelled
std::shared_ptr<const Checkpoint> openShardedSafetensors(const std::filesystem::path& index, const JobContext& job,
                                                         Found found);

/// As openShardedSafetensors, but an index that cannot be read is only a warning when shards lie beside it.
std::shared_ptr<const Checkpoint> openIndexOrShards(const std::filesystem::path& index, const JobContext& job,
                                                    Found found);

/// Opens shards without an index: the table lists all their tensors.
std::shared_ptr<const Checkpoint> openShards(std::span<const std::filesystem::path> shards, const JobContext& job,
                                             Found found);

}  // namespace core::io
