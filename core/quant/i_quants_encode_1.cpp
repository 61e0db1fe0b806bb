#include <algorithm>
#include <cmath>

#include "core/quant/block_bytes.h"
#include "core/quant/i_quants.h"
#include "core/quant/lattice_neighbours.h"
#include "core/quant/lattice_tables.h"
#include "core/quant/nearest_candidate.h"
#include "core/quant/search_input.h"
#include "core/quant/ternary_split.h"

namespace core::quant {

namespace {

constexpr std::size_t kValues = 256;
constexpr float kIq1SFudge = 1.125F;
constexpr float kIq1MFudge = 1.1125F;

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

enum class PlainWeight { Square, Root };

/// Weights of a block: importance · √(σ² + x²), without importance x² or √(σ² + x²).
template <PlainWeight kPlain>
QS_FORCE_INLINE void weigh(const SearchInput& input, std::array<float, kValues>& weights) {
  const float sigma2 = 2.0F * sumOfSquares(input.values, kValues) / static_cast<float>(kValues);
  for (std::size_t i = 0; i < kValues; ++i) {
    const float square = input.values[i] * input.values[i];
    const float root = std::sqrt(sigma2 + square);
    weights[i] = input.importance != nullptr ? input.importance[i] * root : kPlain == PlainWeight::Root ? root : square;
  }
}

/// The code 0…7 of a scale, meaning 2·code + 1.
QS_FORCE_INLINE std::uint32_t scaleCode(float scale, float inverse) {
  return static_cast<std::uint32_t>(std::clamp(nearestInteger(0.5F * (inverse * scale - 1.0F)), 0, 7));
}

QS_FORCE_INLINE void encodeBlockS(const LatticeNeighbours& lattice, const SearchInput& input, std::uint8_t* block) {
  std::array<float, kValues> weights;
  weigh<PlainWeight::Root>(input, weights);
  std::array<TernaryGroup<32>, 8> groups;
  float largest = 0.0F;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    searchGroup<32, CommonOffset<32>>(lattice, input.values + 32 * g, weights.data() + 32 * g, 1e-12F, groups[g]);
    largest = std::max(largest, groups[g].scale);
  }
  const float d = largest / 15.0F;
  storeU16(block, finiteHalf(d * kIq1SFudge * input.unit));
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::uint32_t high = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::uint32_t index = lattice[groups[g].codes[k]].index;
      block[2 + 4 * g + k] = static_cast<std::uint8_t>(index & 255U);
      high |= (index >> 8) << (3 * k);
    }
    if (largest > 0.0F) high |= (scaleCode(groups[g].scale, 1.0F / d) | (groups[g].offsets[0] << 3)) << 12;
    storeU16(block + 34 + 2 * g, static_cast<std::uint16_t>(high));
  }
}

/// The block's scale by least squares, once the groups' scales are rounded.
QS_FORCE_INLINE float fitBlockScale(const SearchInput& input, const std::array<float, kValues>& weights,
                                    const std::array<TernaryGroup<16>, 16>& groups,
                                    const std::array<std::uint32_t, 16>& codes, float fallback) {
  float correlation = 0.0F;
  float square = 0.0F;
  for (std::size_t i = 0; i < kValues; ++i) {
    const TernaryGroup<16>& group = groups[i / 16];
    const std::size_t k = i / 8 % 2;
    const float level = levelOf(group.codes[k], i % 8, group.offsets[k]) * static_cast<float>(2 * codes[i / 16] + 1);
    correlation += weights[i] * level * input.values[i];
    square += weights[i] * level * level;
  }
  return square > 0.0F ? correlation / square : fallback;
}

QS_FORCE_INLINE void encodeBlockM(const LatticeNeighbours& lattice, const SearchInput& input, std::uint8_t* block) {
  std::array<float, kValues> weights;
  weigh<PlainWeight::Square>(input, weights);
  std::array<TernaryGroup<16>, 16> groups;
  float largest = 0.0F;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    searchGroup<16, OffsetPerHalf<16>>(lattice, input.values + 16 * g, weights.data() + 16 * g, 1e-7F, groups[g]);
    largest = std::max(largest, groups[g].scale);
  }
  std::array<std::uint32_t, 16> codes{};
  std::uint32_t half = 0;
  if (largest > 0.0F) {
    const float d = largest / 15.0F;
    for (std::size_t g = 0; g < groups.size(); ++g) codes[g] = scaleCode(groups[g].scale, 1.0F / d);
    half = finiteHalf(fitBlockScale(input, weights, groups, codes, d) * kIq1MFudge * input.unit);
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::uint32_t high = 0;
    for (std::size_t k = 0; k < 2; ++k) {
      const std::uint32_t index = lattice[groups[g].codes[k]].index;
      block[2 * g + k] = static_cast<std::uint8_t>(index & 255U);
      high |= ((index >> 8) | (largest > 0.0F ? groups[g].offsets[k] << 3 : 0U)) << (4 * k);
    }
    block[32 + g] = static_cast<std::uint8_t>(high);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint32_t word = ((half >> (4 * i)) & 15U) << 12;
    for (std::size_t k = 0; k < 4; ++k) word |= codes[4 * i + k] << (3 * k);
    storeU16(block + 48 + 2 * i, static_cast<std::uint16_t>(word));
  }
}

QS_MULTIVERSION void encodeS(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks) {
  const LatticeNeighbours& lattice = iq1Neighbours();
  SearchCopy<kValues> copy;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 50) {
    const float* weights = importance != nullptr ? importance + b * kValues : nullptr;
    encodeBlockS(lattice, searchInput<kValues>(values + b * kValues, weights, copy), blocks);
  }
}

QS_MULTIVERSION void encodeM(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks) {
  const LatticeNeighbours& lattice = iq1Neighbours();
  SearchCopy<kValues> copy;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 56) {
    const float* weights = importance != nullptr ? importance + b * kValues : nullptr;
    encodeBlockM(lattice, searchInput<kValues>(values + b * kValues, weights, copy), blocks);
  }
}

}  // namespace

void encodeIQ1_S(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encodeS(values, blockCount, nullptr, blocks);
}

void encodeIQ1_SByImportance(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks) {
  encodeS(values, blockCount, importance, blocks);
}

void encodeIQ1_M(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encodeM(values, blockCount, nullptr, blocks);
}

void encodeIQ1_MByImportance(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks) {
  encodeM(values, blockCount, importance, blocks);
}

}  // namespace core::quant
