#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/model/graph.h"

namespace core::model::ops {

/// Cosines and sines of the positions of one batch, shared by all layers: (cos, sin) of position · frequency[pair],
/// times the table's magnitude, [tokens, pairs, 2].
std::vector<float> rotations(const RopeTable& table, std::uint32_t firstPosition, std::size_t tokens);

/// What rope() needs to know of a head.
struct RopeShape {
  std::size_t heads;
  std::size_t headSize;
  std::size_t dimensions;  ///< rotated elements at the head's start: 2 · pairs
  RopePairing pairing;
};

/// Rotates the pairs (a, b) of every head: (a·cos − b·sin, a·sin + b·cos) (Su et al. 2021). The pair i is the
/// elements (2i, 2i+1) or (i, i + dimensions/2), by `pairing`.
/// @param rotation [tokens, dimensions / 2, 2]  @param in, out [tokens, heads, headSize]; they may be the same
void rope(const RopeShape& shape, std::span<const float> rotation, std::size_t tokens, const float* in, float* out);

}  // namespace core::model::ops
