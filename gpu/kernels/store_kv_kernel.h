#pragma once
#include <optional>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "gpu/kernels/recorder.h"
#include "gpu/kernels/rope_kernel.h"

namespace gpu {

constexpr std::uint32_t kvKindOf(core::model::KvFormat format) {
  switch (format) {
    case core::model::KvFormat::F32:
      return kKvFloats;
    case core::model::KvFormat::F16:
      return kKvHalves;
    case core::model::KvFormat::Int8:
      return kKvBytes;
    case core::model::KvFormat::Q8_0:
      return kKvByteBlocks;
    case core::model::KvFormat::Fp8:
      return kKvSmallFloats;
    case core::model::KvFormat::Q4_0:
      return kKvNibbleBlocks;
  }
  return kKvFloats;
}
/// Bytes that a position takes in the cache.
constexpr std::uint64_t kvRowBytes(std::uint32_t heads, std::uint32_t headSize, core::model::KvFormat format) {
  return std::uint64_t{16} * kvRowQuads(heads, divideUp(headSize, 8), kvKindOf(format));
}

/// How keys are rotated on their way into the cache, and a query alike in its place.
struct RotationOnTheWay {
  RopeShape shape;  ///< of keys and query
  RopeTarget query;
};

/// Appends keys and values of the batch to the layer's cache.
void recordStoreKv(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::KvShape& shape,
                   core::model::KvType type, Place key, Place value,
                   const std::optional<RotationOnTheWay>& rotation = std::nullopt);

}  // namespace gpu
