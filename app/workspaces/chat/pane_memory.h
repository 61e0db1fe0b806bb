#pragma once
#include <span>

#include "app/session/engine.h"

namespace app {

/// Bytes of the keys and values of one token, of all layers.
std::uint64_t kvBytesPerToken(const core::model::ModelConfig& config, core::model::KvType type);

/// Says before anything is loaded that it would not fit: weights under recipes that no pane has yet, each once (panes
/// of the same weights share them), and every pane's keys and values. What is on the disk already (weights as stored,
/// read from their file) is not counted on the CPU; a Vulkan device that was never opened says nothing of its memory.
/// @param loaded what runs already and stays  @param wanted what is to be loaded
/// @throws core::Error (OutOfMemory)
void requireRoom(const OpenModel& model, std::span<const Variant> loaded, std::span<const Variant> wanted,
                 std::uint32_t contextLength, const Engine& engine);

}  // namespace app
