#pragma once
#include <cstdint>
#include <vector>

#include "core/model/graph.h"

namespace core::model {

/// Which activations may share memory: two values whose lifetimes overlap never have the same slot.
struct ValueSlots {
  std::vector<std::uint32_t> slotOfValue;  ///< [values]; kNoSlot for the logits, which go straight to the caller
  std::vector<std::uint32_t> slotWidth;    ///< [slots]: the widest value a slot must hold, in floats per token
};
inline constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};

/// Assigns slots by lifetime, so that scratch memory does not grow with the number of layers. The result of Rope, Glu
/// and Add takes the slot of an input of its width that nobody reads later; no other output shares one with its inputs.
ValueSlots assignSlots(const Graph& graph);

}  // namespace core::model
