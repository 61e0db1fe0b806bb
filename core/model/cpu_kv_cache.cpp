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

namespace {

std::uint64_t rowBytesOf(const Graph& graph, KvType type) {
  const ops::KvPrecision precision = precisionOf(type);
  std::uint64_t bytes = 0;  // of all layers together
  for (const KvShape& shape : graph.kv)
    bytes += ops::KvRows::rowBytes(shape.heads, shape.headSize, precision) +
             ops::KvRows::rowBytes(shape.heads, shape.valueHeadSize, precision);
  return bytes;
}

std::uint64_t stateBytesOf(const Graph& graph) {
  std::uint64_t floats = 0;
  for (const std::uint32_t state : graph.states) floats += StateSlots::kSlots * std::uint64_t{state};
  return floats * sizeof(float);
}

}  // namespace

std::uint64_t plannedKvBytes(const Graph& graph, std::uint32_t capacity, KvType type) {
  return capacity * rowBytesOf(graph, type) + stateBytesOf(graph);
}

CpuKvCache::CpuKvCache(const Graph& graph, std::uint32_t capacity, KvType type) {
  const ops::KvPrecision precision = precisionOf(type);
  // In double, because a context length from a file may overflow any integer here.
  const double needed = static_cast<double>(capacity) * static_cast<double>(rowBytesOf(graph, type)) +
                        static_cast<double>(stateBytesOf(graph));
  const std::string what = fmt::format("The KV cache for {} tokens", capacity);
  requireMemory(what, needed);
  try {
    for (const KvShape& shape : graph.kv) {
      m_keys.emplace_back(capacity, shape.heads, shape.headSize, precision);
      m_values.emplace_back(capacity, shape.heads, shape.valueHeadSize, precision);
    }
    for (const std::uint32_t floats : graph.states) m_states.emplace_back(StateSlots::kSlots * std::size_t{floats});
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("{} needs {:.2f} GB of memory, which the system refuses.", what, needed / 1e9));
  }
  m_bytes = plannedKvBytes(graph, capacity, type);
}

}  // namespace core::model
