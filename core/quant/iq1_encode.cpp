#include "core/quant/block_bytes.h"
#include "core/quant/block_trace.h"
#include "core/quant/i_quants.h"
#include "core/quant/search_input.h"
#include "core/quant/ternary_group.h"

namespace core::quant {

namespace {

constexpr std::size_t kValues = 256;
constexpr float kIq1SFudge = 1.125F;
constexpr float kIq1MFudge = 1.1125F;

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

/// What is rounded to the code 0…7 of a scale, meaning 2·code + 1; and that code.
QS_FORCE_INLINE float scaleNumber(float scale, float inverse) { return 0.5F * (inverse * scale - 1.0F); }
QS_FORCE_INLINE std::uint32_t scaleCode(float scale, float inverse) {
  return static_cast<std::uint32_t>(std::clamp(nearestInteger(scaleNumber(scale, inverse)), 0, 7));
}

/// @param d what the groups' scales are odd multiples of  @param stored the block's scale before it is FP16
template <class Groups>
void fillTrace(const SearchInput& input, const Groups& groups, float d, float stored, BlockTrace& trace) {
  trace.scale = stored;
  for (const auto& group : groups) {
    trace.groupScales.push_back(group.scale * input.unit);
    trace.scaleNumbers.push_back(d != 0.0F ? scaleNumber(group.scale, 1.0F / d) : 0.0F);
  }
}

QS_FORCE_INLINE void encodeBlockS(const LatticeNeighbours& lattice, const SearchInput& input, std::uint8_t* block,
                                  BlockTrace* trace) {
  std::array<float, kValues> weights;
  weigh<PlainWeight::Root>(input, weights);
  std::array<TernaryGroup<32>, 8> groups;
  float largest = 0.0F;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    searchGroup<32, CommonOffset<32>>(lattice, input.values + 32 * g, weights.data() + 32 * g, 1e-12F, groups[g]);
    largest = std::max(largest, groups[g].scale);
  }
  const float d = largest / 15.0F;
  const float stored = d * kIq1SFudge * input.unit;
  storeU16(block, finiteHalf(stored));
  if (trace != nullptr) fillTrace(input, groups, d, stored, *trace);
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

QS_FORCE_INLINE void encodeBlockM(const LatticeNeighbours& lattice, const SearchInput& input, std::uint8_t* block,
                                  BlockTrace* trace) {
  std::array<float, kValues> weights;
  weigh<PlainWeight::Square>(input, weights);
  std::array<TernaryGroup<16>, 16> groups;
  float largest = 0.0F;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    searchGroup<16, OffsetPerHalf<16>>(lattice, input.values + 16 * g, weights.data() + 16 * g, 1e-7F, groups[g]);
    largest = std::max(largest, groups[g].scale);
  }
  std::array<std::uint32_t, 16> codes{};
  const float d = largest / 15.0F;
  float stored = 0.0F;
  if (largest > 0.0F) {
    for (std::size_t g = 0; g < groups.size(); ++g) codes[g] = scaleCode(groups[g].scale, 1.0F / d);
    stored = fitBlockScale(input, weights, groups, codes, d) * kIq1MFudge * input.unit;
  }
  const std::uint32_t half = finiteHalf(stored);
  if (trace != nullptr) fillTrace(input, groups, d, stored, *trace);
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
    encodeBlockS(lattice, searchInput<kValues>(values + b * kValues, weights, copy), blocks, nullptr);
  }
}

QS_MULTIVERSION void encodeM(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks) {
  const LatticeNeighbours& lattice = iq1Neighbours();
  SearchCopy<kValues> copy;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 56) {
    const float* weights = importance != nullptr ? importance + b * kValues : nullptr;
    encodeBlockM(lattice, searchInput<kValues>(values + b * kValues, weights, copy), blocks, nullptr);
  }
}

}  // namespace

BlockTrace traceIq1(tensor::DType dtype, const float* values, const float* importance) {
  SearchCopy<kValues> copy;
  const SearchInput input = searchInput<kValues>(values, importance, copy);
  BlockTrace trace = startTrace(input, kValues);
  std::array<std::uint8_t, 56> block;
  const bool isS = dtype == tensor::DType::IQ1_S;
  if (isS)
    encodeBlockS(iq1Neighbours(), input, block.data(), &trace);
  else
    encodeBlockM(iq1Neighbours(), input, block.data(), &trace);
  // Where the second and the third level begin among the sorted values, for every variant of the offsets.
  const std::size_t count = isS ? 32 : 16, variants = isS ? CommonOffset<32>::kVariants : OffsetPerHalf<16>::kVariants;
  trace.candidates = static_cast<std::uint32_t>((count + 1) * (count + 2) / 2 * variants);
  return trace;
}

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
