#include "core/model/cpu_kv_cache.h"

#include <fmt/format.h>

#include <new>

#include "core/base/error.h"
#include "core/model/available_memory.h"

namespace core::model {

CpuKvCache::CpuKvCache(const ModelConfig& config, std::uint32_t capacity, KvType type) {
  const std::size_t keyWidth = std::size_t{config.kvHeads} * config.headSize;
  const std::size_t valueWidth = std::size_t{config.kvHeads} * config.valueHeadSize;
  const std::size_t valueBytes = type == KvType::F32 ? sizeof(float) : sizeof(std::uint16_t);
  // In double, because a context length from a file may overflow any integer here.
  const double needed = static_cast<double>(config.layers) * static_cast<double>(capacity) *
                        static_cast<double>((keyWidth + valueWidth) * valueBytes);
  const std::string what = fmt::format("The KV cache for {} tokens", capacity);
  requireMemory(what, needed);
  const auto precision = type == KvType::F32 ? ops::KvPrecision::F32 : ops::KvPrecision::F16;
  try {
    for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
      m_keys.emplace_back(capacity, keyWidth, precision);
      m_values.emplace_back(capacity, valueWidth, precision);
    }
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("{} needs {:.2f} GB of memory, which the system refuses.", what, needed / 1e9));
  }
  m_bytes = std::uint64_t{config.layers} * capacity * (keyWidth + valueWidth) * valueBytes;
}

}  // namespace core::model
