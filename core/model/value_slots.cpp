#include "core/model/value_slots.h"

#include <algorithm>

namespace core::model {

namespace {

class Assignment {
 public:
  explicit Assignment(const Graph& graph) : m_graph(graph), m_lastUse(graph.values.size(), 0) {
    m_slots.slotOfValue.assign(graph.values.size(), kNoSlot);
    for (std::size_t i = 0; i < graph.ops.size(); ++i) {
      for (const ValueId value : graph.ops[i].inputs) m_lastUse[value] = i;
      if (graph.ops[i].out != kNoValue) m_lastUse[graph.ops[i].out] = i;
    }
  }

  ValueSlots run() {
    for (std::size_t i = 0; i < m_graph.ops.size(); ++i) {
      const Op& op = m_graph.ops[i];
      const bool isLogits = i + 1 == m_graph.ops.size();
      if (op.out != kNoValue && !isLogits) m_slots.slotOfValue[op.out] = slotFor(op, i);
      const std::uint32_t taken = op.out == kNoValue ? kNoSlot : m_slots.slotOfValue[op.out];
      for (const ValueId value : op.inputs) {
        if (m_slots.slotOfValue[value] != taken) release(value, i);
      }
      if (op.out != kNoValue) release(op.out, i);
    }
    return std::move(m_slots);
  }

 private:
  static bool worksInPlace(OpKind kind) {
    return kind == OpKind::Rope || kind == OpKind::Glu || kind == OpKind::Add || kind == OpKind::Map ||
           kind == OpKind::MapColumns;
  }

  /// An input's slot where the operation may work in place, or a free one.
  std::uint32_t slotFor(const Op& op, std::size_t index) {
    const std::uint32_t width = m_graph.values[op.out].words();
    for (const ValueId input : op.inputs) {
      if (!worksInPlace(op.kind()) || m_lastUse[input] != index || m_graph.values[input].words() != width) continue;
      return m_slots.slotOfValue[input];
    }
    return takeFree(width);
  }

  std::uint32_t takeFree(std::uint32_t width) {
    if (m_free.empty()) {
      m_free.push_back(static_cast<std::uint32_t>(m_slots.slotWidth.size()));
      m_slots.slotWidth.push_back(0);
    }
    // The one whose width is nearest, so that wide and narrow values do not widen each other.
    const auto misfit = [&](std::uint32_t slot) {
      const std::uint32_t have = m_slots.slotWidth[slot];
      return have >= width ? have - width : width - have;
    };
    const auto best = std::ranges::min_element(m_free, {}, misfit);
    const std::uint32_t slot = *best;
    m_slots.slotWidth[slot] = std::max(m_slots.slotWidth[slot], width);
    m_free.erase(best);
    return slot;
  }

  void release(ValueId value, std::size_t index) {
    const std::uint32_t slot = m_slots.slotOfValue[value];
    if (m_lastUse[value] == index && slot != kNoSlot && std::ranges::find(m_free, slot) == m_free.end())
      m_free.push_back(slot);
  }

  const Graph& m_graph;
  std::vector<std::size_t> m_lastUse;  ///< [values] index of the last op that reads or makes it
  ValueSlots m_slots;
  std::vector<std::uint32_t> m_free;
};

}  // namespace

ValueSlots assignSlots(const Graph& graph) { return Assignment(graph).run(); }

}  // namespace core::model
