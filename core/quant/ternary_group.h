#pragma once
#include <algorithm>
#include <cmath>

#include "core/quant/lattice_neighbours.h"
#include "core/quant/lattice_tables.h"
#include "core/quant/nearest_candidate.h"
#include "core/quant/ternary_split.h"

namespace core::quant {

/// What 16 or 32 values that share a scale become. A group that was left at zero is the first lattice point.
template <std::size_t kCount>
struct TernaryGroup {
  float scale = 0.0F;
  std::array<std::uint8_t, kCount / 8> offsets{};  ///< per 8 values: 0 is plus, 1 minus
  std::array<std::uint16_t, kCount / 8> codes;
};

QS_FORCE_INLINE float levelOf(std::uint32_t code, std::size_t i, std::uint8_t offset) {
  return kIq1Levels[offset][(code >> (2 * i)) & 3U];
}

/// Packs the levels of the values that a split gives; reversed for a negative scale.
template <std::size_t kCount>
QS_FORCE_INLINE void packSplit(const Split& split, const std::array<std::uint8_t, kCount>& order,
                               std::array<std::uint16_t, kCount / 8>& codes) {
  std::array<std::uint8_t, kCount> levels;
  for (std::size_t j = 0; j < kCount; ++j) {
    const int level = (j >= split.second ? 1 : 0) + (j >= split.third ? 1 : 0);
    levels[order[j]] = static_cast<std::uint8_t>(split.scale < 0.0F ? 2 - level : level);
  }
  for (std::size_t k = 0; k < codes.size(); ++k) {
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < 8; ++i) code |= static_cast<std::uint32_t>(levels[8 * k + i]) << (2 * i);
    codes[k] = static_cast<std::uint16_t>(code);
  }
}

/// Moves the groups to lattice points at the scale found, then fits the scale to them.
template <std::size_t kCount>
QS_FORCE_INLINE void moveToLattice(const LatticeNeighbours& lattice, const float* values, const float* weights,
                                   TernaryGroup<kCount>& out) {
  bool moved = false;
  for (std::size_t k = 0; k < out.codes.size(); ++k) {
    const LatticeNeighbours::Entry& entry = lattice[out.codes[k]];
    if (entry.count == 0) continue;
    moved = true;
    const auto& level = kIq1Levels[out.offsets[k]];
    const FloatLanes twice = {level[0], level[1], level[2], 0.0F, level[0], level[1], level[2], 0.0F};
    out.codes[k] = nearestCandidate<2, 8>(lattice.candidates(entry), entry.count, out.scale * twice, values + 8 * k,
                                          weights + 8 * k);
  }
  if (!moved) return;
  float correlation = 0.0F;
  float square = 0.0F;
  for (std::size_t i = 0; i < kCount; ++i) {
    const float weighted = weights[i] * levelOf(out.codes[i / 8], i % 8, out.offsets[i / 8]);
    correlation += weighted * values[i];
    square += weighted * levelOf(out.codes[i / 8], i % 8, out.offsets[i / 8]);
  }
  if (correlation > 0.0F && square > 0.0F) out.scale = correlation / square;
}

template <std::size_t kCount, typename Sums>
QS_FORCE_INLINE void searchGroup(const LatticeNeighbours& lattice, const float* values, const float* weights,
                                 float smallest, TernaryGroup<kCount>& out) {
  out = {};
  out.codes.fill(kIq1Lattice[0]);
  float largest = 0.0F;
  for (std::size_t i = 0; i < kCount; ++i) largest = std::max(largest, std::abs(values[i]));
  if (largest < smallest) return;
  std::array<std::uint8_t, kCount> order;
  sortedOrder<kCount>(values, order);
  const Split split = bestSplit<kCount>(Sums(values, weights, order));
  if (split.variant < 0) return;
  packSplit<kCount>(split, order, out.codes);
  constexpr int kLastVariant = static_cast<int>(Sums::kVariants) - 1;
  const int variant = split.scale < 0.0F ? kLastVariant - split.variant : split.variant;
  for (std::size_t k = 0; k < out.offsets.size(); ++k)
    out.offsets[k] = static_cast<std::uint8_t>(Sums::kVariants == 2 || k == 1 ? variant & 1 : variant >> 1);
  out.scale = std::abs(split.scale);
  moveToLattice<kCount>(lattice, values, weights, out);
}

}  // namespace core::quant
