#pragma once
#include "core/quant/fit_magnitudes.h"
#include "core/quant/lattice_neighbours.h"
#include "core/quant/lattice_sub_block.h"
#include "core/quant/nearest_candidate.h"

namespace core::quant {

/// `scale` times the levels of the codes 0…7; of two-bit codes twice those of 0…3.
template <unsigned kBits>
QS_FORCE_INLINE void scaledLevels(float scale, FloatLanes& out) {
  const FloatLanes two = {1.0F, 3.0F, 5.0F, 7.0F, 1.0F, 3.0F, 5.0F, 7.0F};
  const FloatLanes three = {1.0F, 3.0F, 5.0F, 7.0F, 9.0F, 11.0F, 13.0F, 15.0F};
  out = scale * (kBits == 2 ? two : three);
}

/// What one scale gives: the correlation of levels and magnitudes, and the square of the levels, both weighted.
struct Moments {
  float correlation = 0.0F;
  float square = 0.0F;
};

template <LatticeSpec kSpec>
QS_FORCE_INLINE Moments moments(const SubBlock<kSpec>& block) {
  Moments result;
  for (std::size_t i = 0; i < kSpec.subBlock; ++i) {
    const std::uint32_t code = block.codes[i / kSpec.group] >> (kSpec.bits * (i % kSpec.group));
    const float level = static_cast<float>(2 * (code & ((1U << kSpec.bits) - 1U)) + 1);
    result.correlation += block.weights[i] * block.magnitudes[i] * level;
    result.square += block.weights[i] * level * level;
  }
  return result;
}

/// The trials of a sub-block side by side: lane t of chunk c is trial 8·c + t.
template <LatticeSpec kSpec>
struct Trials {
  static constexpr std::size_t kChunks = kSpec.trialLanes();
  union Codes {
    IntLanes lanes[kChunks];
    std::int32_t each[kChunks * kVectorLanes];
  };
  FloatLanes inverse[kChunks];
  Codes codes[kSpec.groups()];
  std::array<std::uint32_t, kSpec.groups()> offLattice;  ///< a bit per trial
};

/// Rounds every coordinate at every trial's scale.
template <LatticeSpec kSpec>
QS_FORCE_INLINE void roundCoordinates(const SubBlock<kSpec>& block, Trials<kSpec>& trials) {
  for (std::size_t g = 0; g < kSpec.groups(); ++g) {
    for (std::size_t c = 0; c < Trials<kSpec>::kChunks; ++c) {
      IntLanes packed = {};
      for (std::size_t i = 0; i < kSpec.group; ++i) {
        IntLanes codes;
        nearestIntegers(0.5F * (trials.inverse[c] * block.magnitudes[g * kSpec.group + i] - 1.0F),
                        static_cast<float>(kSpec.levels - 1), codes);
        packed |= codes << static_cast<int>(kSpec.bits * i);
      }
      trials.codes[g].lanes[c] = packed;
    }
  }
}

/// The candidate nearest to a group at a scale.
template <LatticeSpec kSpec>
QS_FORCE_INLINE std::uint16_t latticePoint(const LatticeNeighbours& lattice, const LatticeNeighbours::Entry& entry,
                                           const SubBlock<kSpec>& block, std::size_t group, float scale) {
  FloatLanes levels;
  scaledLevels<kSpec.bits>(scale, levels);
  return nearestCandidate<kSpec.bits, kSpec.group>(lattice.candidates(entry), entry.count, levels,
                                                   block.magnitudes.data() + group * kSpec.group,
                                                   block.rootWeights.data() + group * kSpec.group);
}

/// Moves what is not on the lattice to the best candidate.
template <LatticeSpec kSpec>
QS_FORCE_INLINE void moveToLattice(const LatticeNeighbours& lattice, const SubBlock<kSpec>& block,
                                   Trials<kSpec>& trials) {
  for (std::size_t g = 0; g < kSpec.groups(); ++g) {
    trials.offLattice[g] = 0;
    for (std::size_t t = 0; t < kSpec.trialCount(); ++t) {
      std::int32_t& code = trials.codes[g].each[t];
      const LatticeNeighbours::Entry& entry = lattice[static_cast<std::uint32_t>(code)];
      if (entry.count == 0) continue;
      const float scale = 1.0F / trials.inverse[t / kVectorLanes][t % kVectorLanes];
      code = latticePoint<kSpec>(lattice, entry, block, g, scale);
      trials.offLattice[g] |= 1U << t;
    }
  }
}

/// Takes the best trial's scale and codes; returns its number, or −1 when none is better than nothing.
template <LatticeSpec kSpec>
QS_FORCE_INLINE int takeBest(const Trials<kSpec>& trials, SubBlock<kSpec>& block) {
  constexpr std::size_t kChunks = Trials<kSpec>::kChunks;
  FloatLanes correlation[kChunks] = {};
  FloatLanes square[kChunks] = {};
  for (std::size_t i = 0; i < kSpec.subBlock; ++i) {
    const float weighted = block.weights[i] * block.magnitudes[i];
    for (std::size_t c = 0; c < kChunks; ++c) {
      const IntLanes code = trials.codes[i / kSpec.group].lanes[c] >> static_cast<int>(kSpec.bits * (i % kSpec.group));
      const FloatLanes level = __builtin_convertvector(2 * (code & ((1 << kSpec.bits) - 1)) + 1, FloatLanes);
      correlation[c] += weighted * level;
      square[c] += block.weights[i] * level * level;
    }
  }
  int winner = -1;
  float best = 0.0F;
  for (std::size_t t = 0; t < kSpec.trialCount(); ++t) {
    const float sumqx = correlation[t / kVectorLanes][t % kVectorLanes];
    const float sumq2 = square[t / kVectorLanes][t % kVectorLanes];
    if (!(sumq2 > 0.0F && sumqx * sumqx > best * sumq2)) continue;
    winner = static_cast<int>(t);
    block.scale = sumqx / sumq2;
    best = block.scale * sumqx;
  }
  if (winner < 0) return winner;
  for (std::size_t g = 0; g < kSpec.groups(); ++g)
    block.codes[g] = static_cast<std::uint16_t>(trials.codes[g].each[winner]);
  return winner;
}

/// Assigns a group once more at the sub-block's scale.
template <LatticeSpec kSpec>
QS_FORCE_INLINE void assign(const LatticeNeighbours& lattice, std::size_t group, float inverse,
                            SubBlock<kSpec>& block) {
  std::uint32_t code = 0;
  for (std::size_t i = 0; i < kSpec.group; ++i) {
    const float level = 0.5F * (inverse * block.magnitudes[group * kSpec.group + i] - 1.0F);
    const float clamped = std::min(std::max(0.0F, level), static_cast<float>(kSpec.levels - 1));
    code |= static_cast<std::uint32_t>(nearestInteger(clamped)) << (kSpec.bits * i);
  }
  const LatticeNeighbours::Entry& entry = lattice[code];
  block.codes[group] = entry.count == 0 ? static_cast<std::uint16_t>(code)
                                        : latticePoint<kSpec>(lattice, entry, block, group, block.scale);
}

template <LatticeSpec kSpec>
QS_FORCE_INLINE void assignAgain(const LatticeNeighbours& lattice, const Trials<kSpec>& trials, int winner,
                                 SubBlock<kSpec>& block) {
  std::uint32_t groups = 0;
  for (std::size_t g = 0; g < kSpec.groups() && winner >= 0; ++g)
    groups |= ((trials.offLattice[g] >> winner) & 1U) << g;
  constexpr std::uint32_t kAll = (1U << kSpec.groups()) - 1U;
  if (kSpec.reassign == Reassign::All ||
      (kSpec.reassign == Reassign::AllIfAnyOffLattice && (groups != 0 || winner < 0)))
    groups = kAll;
  if (groups == 0 || !(block.scale > 0.0F)) return;
  const float inverse = 1.0F / block.scale;
  for (std::size_t g = 0; g < kSpec.groups(); ++g)
    if (((groups >> g) & 1U) != 0) assign<kSpec>(lattice, g, inverse, block);
  const Moments fit = moments<kSpec>(block);
  if (fit.square > 0.0F) block.scale = fit.correlation / fit.square;
}

/// Scale and codes of a sub-block whose magnitudes and weights are set; false leaves it zero.
template <LatticeSpec kSpec>
QS_FORCE_INLINE bool searchSubBlock(const LatticeNeighbours& lattice, SubBlock<kSpec>& block) {
  float largest = block.magnitudes[0];
  for (const float magnitude : block.magnitudes) largest = std::max(largest, magnitude);
  if (largest < kSpec.smallest) return false;
  block.scale = largest / kSpec.largestLevel();
  if (kSpec.start == StartScale::Fitted) {
    block.scale = fitMagnitudes(block.magnitudes.data(), block.weights.data(), kSpec.subBlock, kSpec.levels + 1);
    largest = block.scale * static_cast<float>(kSpec.levels);
    if (!(largest > 0.0F)) return false;
  }
  Trials<kSpec> trials;
  for (std::size_t t = 0; t < Trials<kSpec>::kChunks * kVectorLanes; ++t) {
    const int shift = std::min(static_cast<int>(t), 2 * kSpec.trials) - kSpec.trials;
    trials.inverse[t / kVectorLanes][t % kVectorLanes] =
        (kSpec.largestLevel() + static_cast<float>(shift) * kSpec.step) / largest;
  }
  roundCoordinates<kSpec>(block, trials);
  moveToLattice<kSpec>(lattice, block, trials);
  assignAgain<kSpec>(lattice, trials, takeBest<kSpec>(trials, block), block);
  return true;
}

/// What is rounded to the code of a sub-block's scale: the scale is (2·code + 1) times the block's.
QS_FORCE_INLINE float scaleNumber(float inverse, float scale) { return 0.5F * (inverse * scale - 1.0F); }

/// Searches the sub-blocks of 256 values, then the scale of their scales.
template <LatticeSpec kSpec>
QS_FORCE_INLINE void searchBlock(const LatticeNeighbours& lattice, const SearchInput& input, LatticeBlock<kSpec>& out) {
  const float sigma2 = kSpec.meanSquares * sumOfSquares(input.values, 256) / 256.0F;
  float largest = 0.0F;
  out.points.fill(0);
  out.signs.fill(0);
  out.scaleCodes.fill(0);
  out.scales.fill(0.0F);
  for (std::size_t s = 0; s < kSpec.subBlocks(); ++s) {
    const std::size_t at = s * kSpec.subBlock;
    SubBlock<kSpec> block;
    weigh<kSpec>(input.values + at, input.importance != nullptr ? input.importance + at : nullptr, sigma2, block);
    std::array<std::uint8_t, kSpec.subBlock / 8> signs;
    for (std::size_t k = 0; k < signs.size(); ++k)
      signs[k] = splitSigns<kSpec.signs>(input.values + at + 8 * k, block.weights.data() + 8 * k,
                                         block.magnitudes.data() + 8 * k);
    if (!searchSubBlock<kSpec>(lattice, block)) continue;
    const unsigned flip = block.scale < 0.0F ? 0xffU : 0U;
    for (std::size_t k = 0; k < signs.size(); ++k) out.signs[at / 8 + k] = static_cast<std::uint8_t>(signs[k] ^ flip);
    for (std::size_t g = 0; g < kSpec.groups(); ++g) out.points[at / kSpec.group + g] = lattice[block.codes[g]].index;
    out.scales[s] = std::abs(block.scale);
    largest = std::max(largest, out.scales[s]);
  }
  out.scale = largest / 31.0F;
  if (largest == 0.0F) return;
  const float inverse = 1.0F / out.scale;
  for (std::size_t s = 0; s < kSpec.subBlocks(); ++s)
    out.scaleCodes[s] =
        static_cast<std::uint8_t>(std::clamp(nearestInteger(scaleNumber(inverse, out.scales[s])), 0, 15));
}

}  // namespace core::quant
