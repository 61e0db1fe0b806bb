#pragma once
#include <vector>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "core/model/ops/kv_rows.h"

namespace core::model {

/// Bytes of a CpuKvCache.
std::uint64_t plannedKvBytes(const Graph& graph, std::uint32_t capacity, KvType type);

/// Keys and values in host memory: one pair of matrices per layer, [capacity, width], by the
/// shape of the layer; and StateSlots::kSlots states of each layer that has one.
class CpuKvCache : public KvCache {
 public:
  /// @throws Error (OutOfMemory) saying how much is needed and available
  CpuKvCache(const Graph& graph, std::uint32_t capacity, KvType type);

  std::uint64_t bytes() const override { return m_bytes; }
  Layout layout() const override;
  void readRows(std::size_t part, std::uint32_t first, std::span<std::byte> rows) const override;
  void writeRows(std::size_t part, std::uint32_t first, std::span<const std::byte> rows) override;
  void readState(std::size_t state, std::size_t slot, std::span<std::byte> bytes) const override;
  void writeState(std::size_t state, std::size_t slot, std::span<const std::byte> bytes) override;
  ops::KvRows& keys(std::uint32_t layer) { return m_keys[layer]; }
  ops::KvRows& values(std::uint32_t layer) { return m_values[layer]; }
  /// Where a batch reads and writes states from now on. @pre the graph has some
  void beginStates(std::uint32_t from, std::uint32_t to) { m_step = stateStep(from, to); }
  /// Of Graph::states; null: 0
  const float* stateBefore(std::uint32_t state) const {
    return m_step.read ? m_states[state].data() + *m_step.read * floatsOf(state) : nullptr;
  }
  float* stateBehind(std::uint32_t state) { return m_states[state].data() + m_step.write * floatsOf(state); }

 private:
  const ops::KvRows& part(std::size_t index) const { return (index % 2 == 0 ? m_keys : m_values)[index / 2]; }
  std::size_t floatsOf(std::size_t state) const { return m_states[state].size() / StateSlots::kSlots; }

  std::uint64_t m_bytes = 0;
  std::vector<ops::KvRows> m_keys;
  std::vector<ops::KvRows> m_values;
  StateSlots::Step m_step;
  std::vector<std::vector<float>> m_states;  ///< [states][kSlots · floats]
};

}  // namespace core::model
