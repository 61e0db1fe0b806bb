#include "core/model/cpu_kv_cache.h"

#include <fmt/format.h>

#include <cstring>
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

KvCache::Layout CpuKvCache::layout() const {
  Layout layout;
  for (std::size_t i = 0; i < 2 * m_keys.size(); ++i) layout.rowBytes.push_back(part(i).rowBytes());
  for (std::size_t i = 0; i < m_states.size(); ++i) layout.stateBytes.push_back(floatsOf(i) * sizeof(float));
  return layout;
}

void CpuKvCache::readRows(std::size_t index, std::uint32_t first, std::span<std::byte> rows) const {
  std::memcpy(rows.data(), part(index).row(first), rows.size());
}

void CpuKvCache::writeRows(std::size_t index, std::uint32_t first, std::span<const std::byte> rows) {
  std::memcpy((index % 2 == 0 ? m_keys : m_values)[index / 2].row(first), rows.data(), rows.size());
}

void CpuKvCache::readState(std::size_t state, std::size_t slot, std::span<std::byte> bytes) const {
  std::memcpy(bytes.data(), m_states[state].data() + slot * floatsOf(state), bytes.size());
}

void CpuKvCache::writeState(std::size_t state, std::size_t slot, std::span<const std::byte> bytes) {
  std::memcpy(m_states[state].data() + slot * floatsOf(state), bytes.data(), bytes.size());
}

}  // namespace core::model
