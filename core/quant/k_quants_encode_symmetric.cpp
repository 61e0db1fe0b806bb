#include <algorithm>
#include <cmath>

#include "core/quant/block_bytes.h"
#include "core/quant/block_trace.h"
#include "core/quant/finite_values.h"
#include "core/quant/k_quants.h"
#include "core/quant/super_blocks.h"

namespace core::quant {

namespace {

constexpr std::size_t kGroups = 16;
constexpr std::size_t kGroupValues = 16;

using GroupScales = std::array<float, kGroups>;
using ScaleCodes = std::array<std::int32_t, kGroups>;

/// The scale of largest magnitude with its sign, the first of equals.
float extremeScale(const GroupScales& scales) {
  float extreme = 0.0F;
  for (const float scale : scales)
    if (std::abs(scale) > std::abs(extreme)) extreme = scale;
  return extreme;
}

/// What the scales are multiples of.
struct StoredStep {
  std::uint16_t half = 0;  ///< FP16 bits
  float computed = 0.0F;   ///< before it was stored
  float inverse = 0.0F;    ///< what was multiplied by to get the whole numbers
};

/// Codes low…−low − 1 of the scales such that the extreme one gets `low`.
StoredStep storeByExtreme(const GroupScales& scales, float extreme, float low, ScaleCodes& codes) {
  const float inverse = low / extreme;
  const float step = 1.0F / inverse;
  const float used = std::abs(step) > kLargestHalf ? std::copysign(1.0F / kLargestHalf, step) : inverse;
  for (std::size_t g = 0; g < kGroups; ++g)
    codes[g] = static_cast<std::int32_t>(clampCode(roundEven(used * scales[g]), low, -low - 1.0F));
  return {finiteHalf(step), step, used};
}

/// Steps of the groups for encodeGroups from the stored FP16 and integer scales.
std::array<GroupStep, kGroups> stepsOf(std::uint16_t half, const ScaleCodes& codes, const Lanes& codeScale) {
  std::array<GroupStep, kGroups> steps;
  const float scale = numeric::halfToFloat(half);
  for (std::size_t g = 0; g < kGroups; ++g)
    steps[g] = {scale * static_cast<float>(codes[g]), 0.0F, codeScale.at[g], 0.0F};
  return steps;
}

GroupScales toScales(const Lanes& lanes) {
  GroupScales scales;
  std::copy_n(lanes.at, kGroups, scales.begin());
  return scales;
}

void fillTrace(const SuperBlockChunk& chunk, const GroupScales& scales, const StoredStep& stored,
               const std::array<GroupStep, kGroups>& steps, float half, BlockTrace& trace) {
  trace.input.assign(chunk.values.begin(), chunk.values.begin() + kSuperBlockValues);
  trace.scale = stored.computed;
  trace.groupScales.assign(scales.begin(), scales.end());
  for (const float scale : scales) trace.scaleNumbers.push_back(stored.inverse * scale);
  traceGroups(trace, steps.data(), kGroups, kGroupValues, -half, half - 1.0F);
}

/// `scales`: −32…31.
void packQ3_K(std::uint16_t half, const ScaleCodes& scales, const std::uint8_t* codes, std::uint8_t* block) {
  for (std::size_t j = 0; j < 32; ++j) {
    unsigned thirdBits = 0;
    for (unsigned bit = 0; bit < 8; ++bit) thirdBits |= static_cast<unsigned>(codes[32 * bit + j] >> 2) << bit;
    block[j] = static_cast<std::uint8_t>(thirdBits);
  }
  for (std::size_t part = 0; part < 2; ++part)
    for (std::size_t j = 0; j < 32; ++j) {
      const std::uint8_t* c = codes + 128 * part + j;
      block[32 + 32 * part + j] =
          static_cast<std::uint8_t>((c[0] & 3) | ((c[32] & 3) << 2) | ((c[64] & 3) << 4) | ((c[96] & 3) << 6));
    }
  std::uint8_t* packed = block + 96;
  std::fill_n(packed, 12, std::uint8_t{0});
  for (std::size_t g = 0; g < kGroups; ++g) {
    const unsigned scale = static_cast<unsigned>(scales[g] + 32);
    packed[g % 8] = static_cast<std::uint8_t>(packed[g % 8] | (scale & 0x0fU) << (g < 8 ? 0 : 4));
    packed[8 + g % 4] = static_cast<std::uint8_t>(packed[8 + g % 4] | (scale >> 4) << (2 * (g / 4)));
  }
  storeU16(block + 108, half);
}

/// Without importance: the scales by descent, their step from the extreme one.
void encodeChunkQ3_K(const SuperBlockChunk& chunk, std::uint8_t* blocks, BlockTrace* trace) {
  LaneGroups groups;
  Lanes scale;
  std::array<Lanes, kGroupValues> found;
  std::array<std::uint8_t, kSuperBlockValues> codes;
  for (std::size_t b = 0; b < chunk.count; ++b, blocks += 110) {
    chunk.loadBatch(b, kGroupValues, groups);
    weighBySquare(groups);
    fitScaleByDescent(groups, 4.0F, scale, found.data());
    const GroupScales scales = toScales(scale);
    const float extreme = extremeScale(scales);
    ScaleCodes stored;
    stored.fill(-32);
    const StoredStep step = extreme != 0.0F ? storeByExtreme(scales, extreme, -32.0F, stored) : StoredStep{};
    const auto steps = stepsOf(step.half, stored, Lanes{});
    encodeGroups(chunk.values.data() + b * kSuperBlockValues, kGroups, kGroupValues, steps.data(), -4.0F, 3.0F,
                 codes.data());
    for (std::size_t g = 0; g < kGroups; ++g)
      for (std::size_t i = 0; i < kGroupValues && steps[g].step == 0.0F; ++i)
        codes[kGroupValues * g + i] = static_cast<std::uint8_t>(found[i].at[g]);
    packQ3_K(step.half, stored, codes.data(), blocks);
    if (trace == nullptr) continue;
    fillTrace(chunk, scales, step, steps, 4.0F, *trace);
    trace->candidates = kDescentRounds;
    trace->code = [steps, codes](float scaled, std::size_t i) {
      return steps[i / kGroupValues].step != 0.0F ? codeOfSteps(scaled, -4.0F, 3.0F) : std::int32_t{codes[i]};
    };
  }
}

/// With importance: both levels by the search, the second one for all super-blocks of the chunk at once.
void encodeWeighedChunkQ3_K(const SuperBlockChunk& chunk, std::uint8_t* blocks, BlockTrace* trace) {
  LaneGroups groups;
  LaneGroups second{};
  second.groupValues = kGroups;
  std::array<ScaleFit, kChunkSuperBlocks> fits;
  const auto meanSquares = chunk.meanSquares();
  for (std::size_t b = 0; b < chunk.count; ++b) {
    chunk.loadBatch(b, kGroupValues, groups);
    std::array<Lanes, kGroupValues> importance;
    loadLanes(chunk.importance.data() + b * kSuperBlockValues, kGroupValues, importance.data());
    Lanes lanes;
    std::fill_n(lanes.at, kLanes, 2.0F * meanSquares[b]);
    weighByImportance(groups, importance.data(), lanes);
    fitScale(groups, 4.0F, fits[b]);
    sumWeights(groups, lanes);
    for (std::size_t g = 0; g < kGroups; ++g) {
      second.values[g].at[b] = fits[b].scale.at[g];
      second.weights[g].at[b] = lanes.at[g];
    }
  }
  ScaleFit steps;
  fitScale(second, 32.0F, steps);
  std::array<std::uint8_t, kSuperBlockValues> codes;
  for (std::size_t b = 0; b < chunk.count; ++b, blocks += 110) {
    const std::uint16_t half = finiteHalf(steps.scale.at[b]);
    const bool overflows = std::abs(steps.scale.at[b]) > kLargestHalf;
    const float codeScale = overflows ? std::copysign(1.0F / kLargestHalf, steps.scale.at[b]) : steps.codeScale.at[b];
    ScaleCodes stored;
    stored.fill(-32);
    for (std::size_t g = 0; g < kGroups && codeScale != 0.0F; ++g)
      stored[g] = static_cast<std::int32_t>(clampCode(roundEven(codeScale * fits[b].scale.at[g]), -32.0F, 31.0F));
    const auto groupSteps = stepsOf(half, stored, fits[b].codeScale);
    encodeGroups(chunk.values.data() + b * kSuperBlockValues, kGroups, kGroupValues, groupSteps.data(), -4.0F, 3.0F,
                 codes.data());
    packQ3_K(half, stored, codes.data(), blocks);
    if (trace == nullptr) continue;
    fillTrace(chunk, toScales(fits[b].scale), {half, steps.scale.at[b], codeScale}, groupSteps, 4.0F, *trace);
    trace->candidates = 2 * kScaleShifts + 1;
  }
}

void packQ6_K(std::uint16_t half, const ScaleCodes& scales, const std::uint8_t* codes, std::uint8_t* block) {
  for (std::size_t part = 0; part < 2; ++part)
    for (std::size_t j = 0; j < 32; ++j) {
      const std::uint8_t* c = codes + 128 * part + j;
      block[64 * part + j] = static_cast<std::uint8_t>((c[0] & 0x0f) | ((c[64] & 0x0f) << 4));
      block[64 * part + 32 + j] = static_cast<std::uint8_t>((c[32] & 0x0f) | ((c[96] & 0x0f) << 4));
      block[128 + 32 * part + j] =
          static_cast<std::uint8_t>((c[0] >> 4) | ((c[32] >> 4) << 2) | ((c[64] >> 4) << 4) | ((c[96] >> 4) << 6));
    }
  for (std::size_t g = 0; g < kGroups; ++g) block[192 + g] = static_cast<std::uint8_t>(scales[g]);
  storeU16(block + 208, half);
}

void encodeChunkQ6_K(const SuperBlockChunk& chunk, std::uint8_t* blocks, BlockTrace* trace) {
  constexpr float kZeroBlock = 1e-15F;
  LaneGroups groups;
  ScaleFit fit;
  std::array<std::uint8_t, kSuperBlockValues> codes;
  for (std::size_t b = 0; b < chunk.count; ++b, blocks += 210) {
    chunk.loadBatch(b, kGroupValues, groups);
    if (chunk.isWeighed)
      loadLanes(chunk.importance.data() + b * kSuperBlockValues, kGroupValues, groups.weights.data());
    else
      weighBySquare(groups);
    fitScale(groups, 32.0F, fit);
    const GroupScales scales = toScales(fit.scale);
    const float extreme = extremeScale(scales);
    if (std::abs(extreme) < kZeroBlock) {
      std::fill_n(blocks, 210, std::uint8_t{0});
      if (trace != nullptr) fillTrace(chunk, scales, {}, {}, 32.0F, *trace);
      continue;
    }
    ScaleCodes stored;
    const StoredStep step = storeByExtreme(scales, extreme, -128.0F, stored);
    const auto steps = stepsOf(step.half, stored, fit.codeScale);
    encodeGroups(chunk.values.data() + b * kSuperBlockValues, kGroups, kGroupValues, steps.data(), -32.0F, 31.0F,
                 codes.data());
    packQ6_K(step.half, stored, codes.data(), blocks);
    if (trace == nullptr) continue;
    fillTrace(chunk, scales, step, steps, 32.0F, *trace);
    trace->candidates = 2 * kScaleShifts + 1;
  }
}

/// @param trace null, or what the last super-block of the chunk fills
using EncodeChunk = void (*)(const SuperBlockChunk& chunk, std::uint8_t* blocks, BlockTrace* trace);

void encode(EncodeChunk encodeChunk, std::size_t blockBytes, const float* values, std::size_t blockCount,
            const float* importance, std::uint8_t* blocks, BlockTrace* trace = nullptr) {
  forEachSuperBlockChunk(values, blockCount, importance, [&](const SuperBlockChunk& chunk, std::size_t first) {
    encodeChunk(chunk, blocks + first * blockBytes, trace);
  });
}

}  // namespace

BlockTrace traceSymmetricType(tensor::DType dtype, const float* values, const float* importance) {
  const EncodeChunk q3_K = importance != nullptr ? encodeWeighedChunkQ3_K : encodeChunkQ3_K;
  std::array<std::uint8_t, 256> block;
  BlockTrace trace;
  encode(dtype == tensor::DType::Q3_K ? q3_K : encodeChunkQ6_K, block.size(), values, 1, importance, block.data(),
         &trace);
  return trace;
}

void encodeQ3_K(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encode(encodeChunkQ3_K, 110, values, blockCount, nullptr, blocks);
}

void encodeQ6_K(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encode(encodeChunkQ6_K, 210, values, blockCount, nullptr, blocks);
}

void encodeQ3_KByImportance(const float* values, std::size_t blockCount, const float* importance,
                            std::uint8_t* blocks) {
  encode(encodeWeighedChunkQ3_K, 110, values, blockCount, importance, blocks);
}

void encodeQ6_KByImportance(const float* values, std::size_t blockCount, const float* importance,
                            std::uint8_t* blocks) {
  encode(encodeChunkQ6_K, 210, values, blockCount, importance, blocks);
}

}  // namespace core::quant
