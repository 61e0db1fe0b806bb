#pragma once
#include "app/remote/remote_model.h"

namespace app::remote {

/// What a variant would need of this computer's memory (the planner's figures for so many parameters: weights as they
/// lie in the file, keys and values of 4096 tokens, buffers), what is free of it, and of the disk.
/// @param parameters 0: guessed by size and name  @param store where it would lie; it need not exist yet
Fit fitOf(const RemoteVariant& variant, double parameters, const std::filesystem::path& store,
          std::uint64_t missingBytes);

/// @throws core::Error (Io) when the disk has no room for what is missing
void requireRoom(const std::filesystem::path& store, std::uint64_t missingBytes);

}  // namespace app::remote
