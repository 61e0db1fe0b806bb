#pragma once
#include <cstddef>

#include "core/model/graph.h"
#include "core/train/ops/batch.h"

namespace core::train::ops {

struct RopeShape {
  std::size_t heads, headSize;
  model::RopePairing pairing;
};

enum class Turn : signed char { Forward, Back };

/// Adds the heads of `in`, rotated by position · frequency of each pair (Su et al. 2021) and times the magnitude, to
/// out; Turn::Back rotates the other way, which is how gradients go. A row's position is its place in its sequence.
/// @param in, out [rows, heads · headSize]
template <typename Real>
void addRotated(const RopeShape& shape, const model::RopeTable& table, const Batch& batch, Turn turn, const Real* in,
                Real* out);

}  // namespace core::train::ops
