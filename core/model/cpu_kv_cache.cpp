#include "core/model/cpu_kv_cache.h"

#include <fmt/format.h>

#include <new>

#include "core/base/error.h"
#include "core/model/available_memory.h"

namespace core::model {

namespace {

std::uint64_t rowBytesOf(const Graph& graph, KvType type) {
  std::uint64_t bytes = 0;  // of all layers together
  for (const KvShape& shape : graph.kv)
    bytes += shape.heads * (kvHeadBytes(type.keys, shape.headSize) + kvHeadBytes(type.values, shape.valueHeadSize));
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
  // In double, because a context length from a file may overflow any integer here.
  const double needed = static_cast<double>(capacity) * static_cast<double>(rowBytesOf(graph, type)) +
                        static_cast<double>(stateBytesOf(graph));
  const std::string what = fmt::format("The KV cache for {} tokens", capacity);
  requireMemory(what, needed);
  try {
    for (const KvShape& shape : graph.kv) {
      m_keys.emplace_back(capacity, shape.heads, shape.headSize, type.keys);
      m_values.emplace_back(capacity, shape.heads, shape.valueHeadSize, type.values);
    }
    for (const std::uint32_t floats : graph.states) m_states.emplace_back(StateSlots::kSlots * std::size_t{floats});
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("{} needs {:.2f} GB of memory, which the system refuses.", what, needed / 1e9));
  }
  m_bytes = plannedKvBytes(graph, capacity, type);
}

}  // namespace core::model
