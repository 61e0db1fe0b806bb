#pragma once
#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// 32-bit words that one head takes in the cache: whole 8 elements.
constexpr std::uint32_t kvHeadWords(std::uint32_t headSize, core::model::KvType type) {
  return (headSize + 7) / 8 * (type == core::model::KvType::F16 ? 4 : 8);
}

/// Appends keys and values of the batch to the layer's cache.
void recordStoreKv(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::KvShape& shape,
                   core::model::KvType type, Place key, Place value);

}  // namespace gpu
