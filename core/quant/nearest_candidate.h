#pragma once
#include <algorithm>
#include <array>
#include <cfloat>

#include "core/quant/vector_lanes.h"

namespace core::quant {

/// The candidate of least weighted squared distance from a group of values, the first one of a tie. `levels` are the
/// values of the codes 0…7, of two-bit codes those of 0…3 twice. Candidates as LatticeNeighbours lists them.
template <unsigned kBits, std::size_t kGroup>
QS_FORCE_INLINE std::uint16_t nearestCandidate(const std::uint16_t* candidates, std::size_t count,
                                               const FloatLanes& levels, const float* values, const float* weights) {
  FloatLanes costs[kGroup];  // of each level of a coordinate
  for (std::size_t i = 0; i < kGroup; ++i) {
    const FloatLanes difference = levels - values[i];
    costs[i] = weights[i] * difference * difference;
  }
  FloatLanes least = FloatLanes{} + FLT_MAX;
  IntLanes best = IntLanes{} + candidates[0];  // place in the list above the 16 bits of the code
  IntLanes place = {0, 1 << 16, 2 << 16, 3 << 16, 4 << 16, 5 << 16, 6 << 16, 7 << 16};
  for (std::size_t first = 0; first < count; first += kVectorLanes, place += static_cast<int>(kVectorLanes) << 16) {
    IntLanes codes;
    loadCodes(candidates + first, codes);
    FloatLanes distance;
    lookUp(costs[0], codes, distance);
    for (std::size_t i = 1; i < kGroup; ++i) {
      FloatLanes cost;
      lookUp(costs[i], codes >> static_cast<int>(kBits * i), cost);
      distance += cost;
    }
    const auto nearer = distance < least;
    least = nearer ? distance : least;
    best = nearer ? (codes | place) : best;
  }
  // Distances are not negative, so their bits are ordered as they are; the place decides between equal ones.
  std::array<std::uint32_t, kVectorLanes> distanceBits;
  std::array<std::uint32_t, kVectorLanes> places;
  std::memcpy(distanceBits.data(), &least, sizeof(least));
  std::memcpy(places.data(), &best, sizeof(best));
  std::uint64_t nearest = ~std::uint64_t{0};
  for (std::size_t lane = 0; lane < kVectorLanes; ++lane)
    nearest = std::min(nearest, static_cast<std::uint64_t>(distanceBits[lane]) << 32 | places[lane]);
  return static_cast<std::uint16_t>(nearest & 0xffffU);
}

}  // namespace core::quant
