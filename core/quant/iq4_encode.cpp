#include <algorithm>

#include "core/base/multiversion.h"
#include "core/quant/block_bytes.h"
#include "core/quant/block_trace.h"
#include "core/quant/iq4.h"
#include "core/quant/search_input.h"

namespace core::quant {

namespace {

constexpr std::size_t kGroup = 32;
constexpr std::size_t kTrials = 16;
constexpr float kSmallestMagnitude = 1e-15F;

/// Halfway between neighbouring levels. Comparing with it is exact: both distances to a level are.
constexpr std::array<float, 15> kMidpoints = [] {
  std::array<float, 15> result{};
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = 0.5F * (kIq4Levels[i] + kIq4Levels[i + 1]);
  return result;
}();

/// The level nearest to x, the upper one of a tie, and its index.
QS_FORCE_INLINE float nearestLevel(float x) {
  float level = kIq4Levels[0];
  for (std::size_t i = 0; i < kMidpoints.size(); ++i)
    level += x >= kMidpoints[i] ? kIq4Levels[i + 1] - kIq4Levels[i] : 0.0F;
  return level;
}

QS_FORCE_INLINE std::int32_t nearestIndex(float x) {
  std::int32_t index = 0;
  for (const float midpoint : kMidpoints) index += x >= midpoint ? 1 : 0;
  return index;
}

/// The first value of largest magnitude.
QS_FORCE_INLINE float extremeValue(const float* values) {
  float magnitude = 0.0F;
  float extreme = 0.0F;
  for (std::size_t j = 0; j < kGroup; ++j) {
    const float candidate = std::abs(values[j]);
    extreme = candidate > magnitude ? values[j] : extreme;
    magnitude = candidate > magnitude ? candidate : magnitude;
  }
  return extreme;
}

/// The scale of 32 values with least weighted squared error among the best ones for 16 assignments to levels: those
/// where the extreme value lies at 127 and at −134 … −120.
QS_FORCE_INLINE float searchScale(const float* values, const float* weights) {
  const float extreme = extremeValue(values);
  if (std::abs(extreme) < kSmallestMagnitude) return 0.0F;
  std::array<float, kTrials> inverse;
  inverse[0] = 1.0F / (-extreme / kIq4Levels[0]);
  for (std::size_t t = 1; t < kTrials; ++t) inverse[t] = (static_cast<float>(t) - 8.0F + kIq4Levels[0]) / extreme;
  std::array<float, kTrials> sumqx{};
  std::array<float, kTrials> sumq2{};
  for (std::size_t j = 0; j < kGroup; ++j) {
    for (std::size_t t = 0; t < kTrials; ++t) {
      const float level = nearestLevel(inverse[t] * values[j]);
      const float weighted = weights[j] * level;
      sumqx[t] += weighted * values[j];
      sumq2[t] += weighted * level;
    }
  }
  float scale = sumq2[0] > 0.0F ? sumqx[0] / sumq2[0] : 0.0F;
  float best = scale * sumqx[0];
  for (std::size_t t = 1; t < kTrials; ++t) {
    if (!(sumq2[t] > 0.0F && sumqx[t] * sumqx[t] > best * sumq2[t])) continue;
    scale = sumqx[t] / sumq2[t];
    best = scale * sumqx[t];
  }
  return scale;
}

/// Weights of 32 values: x², or importance · √(sigma2 + x²).
QS_FORCE_INLINE void weigh(const float* values, const float* importance, float sigma2, float* weights) {
  for (std::size_t j = 0; j < kGroup; ++j) {
    const float square = values[j] * values[j];
    weights[j] = importance != nullptr ? importance[j] * std::sqrt(sigma2 + square) : square;
  }
}

QS_FORCE_INLINE void packNibbles(const float* values, float inverse, std::uint8_t* nibbles) {
  std::array<std::int32_t, kGroup> codes;
  for (std::size_t j = 0; j < kGroup; ++j) codes[j] = nearestIndex(inverse * values[j]);
  for (std::size_t j = 0; j < kGroup / 2; ++j)
    nibbles[j] = static_cast<std::uint8_t>(codes[j] | (codes[j + kGroup / 2] << 4));
}

QS_FORCE_INLINE float reciprocal(float scale) { return scale != 0.0F ? 1.0F / scale : 0.0F; }

/// The scale that the search finds for a block of iq4_nl, in the units of the search.
QS_FORCE_INLINE float searchBlockNL(const SearchInput& input) {
  std::array<float, kGroup> weights;
  const float sigma2 = sumOfSquares(input.values, kGroup) * (2.0F / kGroup);
  weigh(input.values, input.importance, sigma2, weights.data());
  return searchScale(input.values, weights.data());
}

/// The columns of a trace: x times the reciprocal of its group's scale, and the level nearest to that.
void traceLevels(BlockTrace& trace, const std::vector<float>& inverses) {
  trace.candidates = kTrials;
  trace.scaled = [inverses](float x, std::size_t i) { return inverses[i / kGroup] * x; };
  trace.rounded = [](float scaled) { return nearestLevel(scaled); };
  trace.code = [](float scaled, std::size_t) { return nearestIndex(scaled); };
}

QS_MULTIVERSION void encodeNL(const float* values, std::size_t blockCount, const float* importance,
                              std::uint8_t* blocks) {
  SearchCopy<kGroup> copy;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 18) {
    const std::size_t at = b * kGroup;
    const SearchInput input = searchInput<kGroup>(values + at, importance ? importance + at : nullptr, copy);
    const float scale = searchBlockNL(input);
    storeU16(blocks, finiteHalf(scale * input.unit));
    packNibbles(input.values, reciprocal(scale), blocks + 2);
  }
}

constexpr std::size_t kValues = 256;
constexpr std::size_t kGroups = kValues / kGroup;

QS_FORCE_INLINE void encodeSuperBlock(const SearchInput& input, std::uint8_t* block, BlockTrace* trace) {
  const float sigma2 = sumOfSquares(input.values, kValues) * (2.0F / kValues);
  std::array<float, kGroups> scales;
  std::array<float, kGroup> weights;
  float largest = 0.0F;
  for (std::size_t g = 0; g < kGroups; ++g) {
    const std::size_t at = g * kGroup;
    weigh(input.values + at, input.importance ? input.importance + at : nullptr, sigma2, weights.data());
    scales[g] = searchScale(input.values + at, weights.data());
    if (std::abs(scales[g]) > std::abs(largest)) largest = scales[g];
  }
  const float d = -largest / 32.0F;
  const float inverse = reciprocal(d);
  std::uint32_t high = 0;
  std::vector<float> inverses;  // of a trace
  std::fill_n(block + 4, kGroups / 2, std::uint8_t{0});
  for (std::size_t g = 0; g < kGroups; ++g) {
    const std::int32_t code = std::clamp(nearestInteger(inverse * scales[g]), -32, 31);
    const float inverseScale = reciprocal(d * static_cast<float>(code));
    packNibbles(input.values + g * kGroup, inverseScale, block + 8 + g * kGroup / 2);
    if (trace != nullptr) {
      trace->groupScales.push_back(scales[g] * input.unit);
      trace->scaleNumbers.push_back(inverse * scales[g]);
      inverses.push_back(inverseScale);
    }
    const std::uint32_t stored = static_cast<std::uint32_t>(code + 32);
    block[4 + g / 2] = static_cast<std::uint8_t>(block[4 + g / 2] | (stored & 0x0fU) << (4 * (g % 2)));
    high |= (stored >> 4) << (2 * g);
  }
  storeU16(block, finiteHalf(d * input.unit));
  storeU16(block + 2, static_cast<std::uint16_t>(high));
  if (trace == nullptr) return;
  trace->scale = d * input.unit;
  traceLevels(*trace, inverses);
}

QS_MULTIVERSION void encodeXS(const float* values, std::size_t blockCount, const float* importance,
                              std::uint8_t* blocks) {
  SearchCopy<kValues> copy;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 136) {
    const std::size_t at = b * kValues;
    encodeSuperBlock(searchInput<kValues>(values + at, importance ? importance + at : nullptr, copy), blocks, nullptr);
  }
}

}  // namespace

BlockTrace traceIq4(tensor::DType dtype, const float* values, const float* importance) {
  if (dtype == tensor::DType::IQ4_NL) {
    SearchCopy<kGroup> copy;
    const SearchInput input = searchInput<kGroup>(values, importance, copy);
    BlockTrace trace = startTrace(input, kGroup);
    const float scale = searchBlockNL(input);
    trace.scale = scale * input.unit;
    traceLevels(trace, {reciprocal(scale)});
    return trace;
  }
  SearchCopy<kValues> copy;
  const SearchInput input = searchInput<kValues>(values, importance, copy);
  BlockTrace trace = startTrace(input, kValues);
  std::array<std::uint8_t, 136> block;
  encodeSuperBlock(input, block.data(), &trace);
  return trace;
}

void encodeIQ4_NL(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encodeNL(values, blockCount, nullptr, blocks);
}

void encodeIQ4_NLByImportance(const float* values, std::size_t blockCount, const float* importance,
                              std::uint8_t* blocks) {
  encodeNL(values, blockCount, importance, blocks);
}

void encodeIQ4_XS(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encodeXS(values, blockCount, nullptr, blocks);
}

void encodeIQ4_XSByImportance(const float* values, std::size_t blockCount, const float* importance,
                              std::uint8_t* blocks) {
  encodeXS(values, blockCount, importance, blocks);
}

}  // namespace core::quant
