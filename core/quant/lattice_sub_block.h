#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "core/quant/search_input.h"
#include "core/quant/vector_lanes.h"

namespace core::quant {

/// What a value's squared error weighs where the caller gave no importance.
enum class PlainWeight { Square, SquareAndMean, RootOfBoth };
/// Which groups are assigned once more at the scale found.
enum class Reassign { All, AllIfAnyOffLattice, OffLattice };
enum class Signs { Free, Even };
enum class StartScale { Largest, Fitted };

/// How one of the types IQ2 and IQ3 is searched. `subBlock` values share a scale; a code stands for the level 2·code
/// + 1.
struct LatticeSpec {
  std::size_t subBlock;
  std::size_t group;  ///< values per lattice point
  unsigned bits;      ///< per coordinate
  int levels;
  int trials;         ///< on either side of the start scale
  float step;         ///< between them, in levels of the largest value
  float smallest;     ///< a sub-block below it is zero
  float meanSquares;  ///< σ² of the weights in mean squares of the block
  PlainWeight plainWeight;
  Reassign reassign;
  Signs signs;
  StartScale start;

  constexpr std::size_t groups() const { return subBlock / group; }
  constexpr std::size_t subBlocks() const { return 256 / subBlock; }
  constexpr float largestLevel() const { return static_cast<float>(2 * levels - 1); }
  constexpr std::size_t trialCount() const { return static_cast<std::size_t>(2 * trials + 1); }
  constexpr std::size_t trialLanes() const { return (trialCount() + kVectorLanes - 1) / kVectorLanes; }
};

/// A block as its type stores it, but for the layout.
template <LatticeSpec kSpec>
struct LatticeBlock {
  float scale;                                             ///< 0 for a block of zeros
  std::array<float, kSpec.subBlocks()> scales;             ///< that the search found, before they become codes
  std::array<std::uint8_t, kSpec.subBlocks()> scaleCodes;  ///< 0…15, meaning 2·code + 1
  std::array<std::uint16_t, 256 / kSpec.group> points;     ///< indices into the lattice
  std::array<std::uint8_t, 32> signs;                      ///< a bit per value, 1 is minus
};

/// The values of a sub-block without their signs. Where the number of minus signs has to be even, the cheapest value of
/// an odd eight keeps the wrong one and is negative here.
template <LatticeSpec kSpec>
struct SubBlock {
  std::array<float, kSpec.subBlock> magnitudes;
  std::array<float, kSpec.subBlock> weights;
  std::array<float, kSpec.subBlock> rootWeights;  ///< of the distances to lattice points
  float scale = 0.0F;
  std::array<std::uint16_t, kSpec.groups()> codes{};
};

template <LatticeSpec kSpec>
QS_FORCE_INLINE void weigh(const float* values, const float* importance, float sigma2, SubBlock<kSpec>& out) {
  for (std::size_t i = 0; i < kSpec.subBlock; ++i) {
    const float square = values[i] * values[i];
    const float root = std::sqrt(sigma2 + square);
    if (importance != nullptr)
      out.weights[i] = importance[i] * root;
    else if (kSpec.plainWeight == PlainWeight::RootOfBoth)
      out.weights[i] = root;
    else
      out.weights[i] = kSpec.plainWeight == PlainWeight::Square ? square : 0.25F * sigma2 + square;
  }
  for (std::size_t i = 0; i < kSpec.subBlock; ++i) out.rootWeights[i] = std::sqrt(out.weights[i]);
}

/// Splits eight values into magnitudes and signs.
template <Signs kSigns>
QS_FORCE_INLINE std::uint8_t splitSigns(const float* values, const float* weights, float* magnitudes) {
  unsigned signs = 0;
  for (unsigned i = 0; i < 8; ++i) {
    signs |= (values[i] < 0.0F ? 1U : 0U) << i;
    magnitudes[i] = values[i] < 0.0F ? -values[i] : values[i];
  }
  if (kSigns == Signs::Free || std::popcount(signs) % 2 == 0) return static_cast<std::uint8_t>(signs);
  unsigned cheapest = 0;
  float least = weights[0] * values[0] * values[0];
  for (unsigned i = 1; i < 8; ++i) {
    const float cost = weights[i] * values[i] * values[i];
    if (cost >= least) continue;
    least = cost;
    cheapest = i;
  }
  magnitudes[cheapest] = -magnitudes[cheapest];
  return static_cast<std::uint8_t>(signs ^ (1U << cheapest));
}

}  // namespace core::quant
