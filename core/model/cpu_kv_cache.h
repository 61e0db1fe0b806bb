#pragma once
#include <vector>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "core/model/ops/kv_rows.h"

namespace core::model {

/// Bytes of a CpuKvCache.
std::uint64_t plannedKvBytes(std::span<const KvShape> layers, std::uint32_t capacity, KvType type);

/// How a cache of this type keeps keys and values.
ops::KvPrecision precisionOf(KvType type);

/// Keys and values in host memory: one pair of matrices per layer, [capacity, width], by the
/// shape of the layer.
class CpuKvCache : public KvCache {
 public:
  /// @throws Error (OutOfMemory) saying how much is needed and available
  CpuKvCache(std::span<const KvShape> layers, std::uint32_t capacity, KvType type);

  std::uint64_t bytes() const override { return m_bytes; }
  ops::KvRows& keys(std::uint32_t layer) { return m_keys[layer]; }
  ops::KvRows& values(std::uint32_t layer) { return m_values[layer]; }

 private:
  std::uint64_t m_bytes = 0;
  std::vector<ops::KvRows> m_keys;
  std::vector<ops::KvRows> m_values;
};

}  // namespace core::model
