#include "core/model/value_slots.h"

#include <algorithm>

namespace core::model {

namespace {

/// Index of the last op that reads or writes each value.
std::vector<std::size_t> lastUses(const Graph& graph) {
  std::vector<std::size_t> last(graph.values.size(), 0);
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    for (const ValueId value : {graph.ops[i].in, graph.ops[i].second, graph.ops[i].out}) {
      if (value != kNoValue) last[value] = i;
    }
  }
  return last;
}

}  // namespace

ValueSlots assignSlots(const Graph& graph) {
  ValueSlots slots;
  slots.slotOfValue.assign(graph.values.size(), kNoSlot);
  const std::vector<std::size_t> last = lastUses(graph);
  std::vector<std::uint32_t> free;
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& op = graph.ops[i];
    const bool isLogits = i + 1 == graph.ops.size();
    if (op.out != kNoValue && slots.slotOfValue[op.out] == kNoSlot && !isLogits) {
      if (free.empty()) {
        free.push_back(static_cast<std::uint32_t>(slots.slotWidth.size()));
        slots.slotWidth.push_back(0);
      }
      // The free slot whose width is nearest, so that wide and narrow values do not widen each other.
      const std::uint32_t width = graph.values[op.out].width;
      const auto fit = [&](std::uint32_t slot) {
        const std::uint32_t have = slots.slotWidth[slot];
        return have >= width ? have - width : width - have;
      };
      const auto best =
          std::min_element(free.begin(), free.end(), [&](std::uint32_t a, std::uint32_t b) { return fit(a) < fit(b); });
      slots.slotOfValue[op.out] = *best;
      slots.slotWidth[*best] = std::max(slots.slotWidth[*best], width);
      free.erase(best);
    }
    for (const ValueId value : {op.in, op.second, op.out}) {
      if (value == kNoValue || last[value] != i || slots.slotOfValue[value] == kNoSlot) continue;
      const std::uint32_t slot = slots.slotOfValue[value];
      if (std::find(free.begin(), free.end(), slot) == free.end()) free.push_back(slot);
    }
  }
  return slots;
}

}  // namespace core::model
