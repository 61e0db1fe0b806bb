#pragma once
#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

constexpr std::uint32_t kvKindOf(core::model::KvType type) {
  switch (type) {
    case core::model::KvType::F16:
      return kKvHalves;
    case core::model::KvType::Int8:
      return kKvBytes;
    case core::model::KvType::F32:
      return kKvFloats;
  }
  return kKvFloats;
}
/// Bytes that a position takes in the cache.
constexpr std::uint64_t kvRowBytes(std::uint32_t heads, std::uint32_t headSize, core::model::KvType type) {
  return std::uint64_t{16} * kvRowQuads(heads, divideUp(headSize, 8), kvKindOf(type));
}

/// Appends keys and values of the batch to the layer's cache.
void recordStoreKv(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::KvShape& shape,
                   core::model::KvType type, Place key, Place value);

}  // namespace gpu
