#pragma once
#include <filesystem>

namespace app {

/// Copies an adapter folder of a training run to where no run removes it: the next run in the same folder takes away
/// what the one before left, and a scheme that somebody chats with has to stay.
/// @param adapter a folder as PEFT keeps one  @param kept where such copies are; made where it is missing
/// @return kept / "adapter-HASH", named by its contents: the same adapter is there once
/// @throws core::Error (Io, NotFound) with one sentence; nothing is left half-copied
std::filesystem::path keepAdapter(const std::filesystem::path& adapter, const std::filesystem::path& kept);

}  // namespace app
