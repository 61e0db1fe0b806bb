#pragma once
#include <cstdint>
#include <optional>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"

namespace gpu {

/// What an executor would occupy on a device.
struct PlannedMemory {
  std::uint64_t weights = 0;  ///< packed as the device reads them, each with its alignment
  std::uint64_t compute = 0;  ///< norms and code books, activations and results of a batch and of one token
};

/// What MemoryUse::residentBytes of an executor of this graph would be, nothing uploaded and no device opened: the
/// executor's own rules (packedFormatOf, planSteps, placeValues), so weights may be hollow
/// (core/quant/hollow_tensors.h).
/// @param device index into enumerateDevices(); nothing, or one that is not there: a GPU of usual limits
PlannedMemory plannedMemory(const core::model::Graph& graph, std::optional<std::uint32_t> device = std::nullopt);
/// KvCache::bytes() of a cache of this capacity, its rotary angles included.
std::uint64_t plannedKvBytes(const core::model::Graph& graph, std::uint32_t capacity, core::model::KvType type);

}  // namespace gpu
