#include "core/model/cpu_kv_cache.h"

#include <fmt/format.h>

#include <new>

#include "core/base/error.h"
#include "core/model/available_memory.h"

namespace core::model {

CpuKvCache::CpuKvCache(std::span<const KvShape> layers, std::uint32_t capacity, KvType type) {
  std::uint64_t rowWidth = 0;  // of all layers together
  for (const KvShape& shape : layers) rowWidth += std::uint64_t{shape.keyWidth()} + shape.valueWidth();
  const std::uint64_t rowBytes = rowWidth * (type == KvType::F32 ? sizeof(float) : sizeof(std::uint16_t));
  // In double, because a context length from a file may overflow any integer here.
  const double needed = static_cast<double>(capacity) * static_cast<double>(rowBytes);
  const std::string what = fmt::format("The KV cache for {} tokens", capacity);
  requireMemory(what, needed);
  const auto precision = type == KvType::F32 ? ops::KvPrecision::F32 : ops::KvPrecision::F16;
  try {
    for (const KvShape& shape : layers) {
      m_keys.emplace_back(capacity, shape.keyWidth(), precision);
      m_values.emplace_back(capacity, shape.valueWidth(), precision);
    }
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("{} needs {:.2f} GB of memory, which the system refuses.", what, needed / 1e9));
  }
  m_bytes = capacity * rowBytes;
}

}  // namespace core::model
