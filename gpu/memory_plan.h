#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "core/model/weight_placement.h"

namespace gpu {

namespace vk {
struct Caps;
}
struct KernelChoice;

/// What an executor would occupy on a device.
struct PlannedMemory {
  std::uint64_t weights = 0;  ///< packed as the device reads them, each with its alignment
  std::uint64_t compute = 0;  ///< norms and code books, activations and results of a batch and of one token
  std::vector<core::model::WeightLoad> loads;  ///< the weights one by one
  std::uint32_t batchTokens = 0;  ///< of a prompt, unless buffers hold fewer: KernelChoice::batchTokens, or what is
                                  ///< usual where so many would take the memory that weights and caches need

  /// Of a device's memory, what is kept free of weights: compute, caches of so many bytes, and what each buffer's
  /// alignment may take.
  std::uint64_t reservedBytes(const core::model::Graph& graph, std::uint64_t cacheBytes) const;
};

/// What MemoryUse::residentBytes of an executor of this graph would be, nothing uploaded and no device opened: the
/// executor's own rules (packedFormatOf, planSteps, placeValues), so weights may be hollow
/// (core/quant/hollow_tensors.h).
/// @param device index into enumerateDevices(); nothing, or one that is not there: a GPU of usual limits
PlannedMemory plannedMemory(const core::model::Graph& graph, std::optional<std::uint32_t> device = std::nullopt);
/// Of a device with these limits. @param maxBlockBytes that one buffer of weights may have
PlannedMemory plannedMemory(const core::model::Graph& graph, const vk::Caps& caps, const KernelChoice& choice,
                            std::uint64_t maxBlockBytes);
/// KvCache::bytes() of a cache of this capacity, its rotary angles included.
std::uint64_t plannedKvBytes(const core::model::Graph& graph, std::uint32_t capacity, core::model::KvType type);

}  // namespace gpu
