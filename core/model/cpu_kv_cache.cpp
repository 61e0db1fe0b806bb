#include "core/model/cpu_kv_cache.h"

#include <fmt/format.h>

#include <new>

#include "core/base/error.h"
#include "core/model/available_memory.h"

namespace core::model {

ops::KvPrecision precisionOf(KvType type) {
  switch (type) {
    case KvType::F32:
      return ops::KvPrecision::F32;
    case KvType::F16:
      return ops::KvPrecision::F16;
    case KvType::Int8:
      return ops::KvPrecision::Int8;
  }
  return ops::KvPrecision::F32;
}

std::uint64_t plannedKvBytes(std::span<const KvShape> layers, std::uint32_t capacity, KvType type) {
  const ops::KvPrecision precision = precisionOf(type);
  std::uint64_t rowBytes = 0;  // of all layers together
  for (const KvShape& shape : layers)
    rowBytes += ops::KvRows::rowBytes(shape.heads, shape.headSize, precision) +
                ops::KvRows::rowBytes(shape.heads, shape.valueHeadSize, precision);
  return capacity * rowBytes;
}

CpuKvCache::CpuKvCache(std::span<const KvShape> layers, std::uint32_t capacity, KvType type) {
  const ops::KvPrecision precision = precisionOf(type);
  const std::uint64_t rowBytes = plannedKvBytes(layers, 1, type);
  // In double, because a context length from a file may overflow any integer here.
  const double needed = static_cast<double>(capacity) * static_cast<double>(rowBytes);
  const std::string what = fmt::format("The KV cache for {} tokens", capacity);
  requireMemory(what, needed);
  try {
    for (const KvShape& shape : layers) {
      m_keys.emplace_back(capacity, shape.heads, shape.headSize, precision);
      m_values.emplace_back(capacity, shape.heads, shape.valueHeadSize, precision);
    }
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("{} needs {:.2f} GB of memory, which the system refuses.", what, needed / 1e9));
  }
  m_bytes = capacity * rowBytes;
}

}  // namespace core::model
