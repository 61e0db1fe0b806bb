#include <algorithm>

#include "core/quant/block_bytes.h"
#include "core/quant/block_trace.h"
#include "core/quant/finite_values.h"
#include "core/quant/ggml_legacy.h"
#include "core/quant/super_blocks.h"

namespace core::quant {

namespace {

constexpr std::size_t kValues = 32;
constexpr std::size_t kHalf = kValues / 2;
constexpr int kLastOffsetShift = 36;

/// Sixteen blocks that are searched side by side; unused ones are 0.
struct Batch {
  alignas(64) std::array<float, kLanes * kValues> values;
  alignas(64) std::array<float, kLanes * kValues> importance;
  LaneGroups groups;

  void load(const float* source, std::size_t blocks, const float* sourceImportance, float energy) {
    values.fill(0.0F);
    importance.fill(0.0F);
    for (std::size_t at = 0; at < blocks * kValues; at += kValues) {
      copyStorable(source + at, kValues, values.data() + at);
      copyImportance(sourceImportance + at, kValues, importance.data() + at);
    }
    groups.groupValues = kValues;
    loadLanes(values.data(), kValues, groups.values.data());
    std::array<Lanes, kValues> lanes;
    loadLanes(importance.data(), kValues, lanes.data());
    Lanes energies;
    std::fill_n(energies.at, kLanes, energy);
    weighByImportance(groups, lanes.data(), energies);
  }
};

/// Mean square of the row, summed in order.
float meanSquare(const float* values, std::size_t blockCount) {
  std::array<float, kValues> block;
  float sum = 0.0F;
  for (std::size_t b = 0; b < blockCount; ++b) {
    copyStorable(values + b * kValues, kValues, block.data());
    for (const float x : block) sum += x * x;
  }
  return sum / static_cast<float>(blockCount * kValues);
}

/// FP16 fields and codes of a batch of blocks, ready to be packed, and what they were made of.
struct FoundBlocks {
  std::array<float, kLanes> computedScale;
  std::array<float, kLanes> computedMinimum;
  std::array<GroupStep, kLanes> steps;
  std::array<std::uint16_t, kLanes> scale;
  std::array<std::uint16_t, kLanes> minimum;
  std::array<std::uint8_t, kLanes * kValues> codes;
};

/// q4_0 and q5_0: codes −half…half − 1.
void findScales(const Batch& batch, float half, FoundBlocks& out) {
  ScaleFit fit;
  fitScale(batch.groups, half, fit);
  for (std::size_t k = 0; k < kLanes; ++k) {
    out.computedScale[k] = fit.scale.at[k];
    out.scale[k] = finiteHalf(fit.scale.at[k]);
    out.steps[k] = {0.0F, 0.0F, fit.codeScale.at[k], 0.0F};
  }
  encodeGroups(batch.values.data(), kLanes, kValues, out.steps.data(), -half, half - 1.0F, out.codes.data());
}

/// q4_1 and q5_1: codes 0…maxCode.
void findOffsets(const Batch& batch, float maxCode, FoundBlocks& out) {
  OffsetFit fit;
  fitOffset(batch.groups, {maxCode, -0.9F, 0.05F, kLastOffsetShift, FitError::Squared}, fit);
  for (std::size_t k = 0; k < kLanes; ++k) {
    out.computedScale[k] = fit.scale.at[k];
    out.computedMinimum[k] = -fit.minimum.at[k];
    out.scale[k] = finiteHalf(out.computedScale[k]);
    out.minimum[k] = finiteHalf(out.computedMinimum[k]);
    out.steps[k] = {0.0F, 0.0F, fit.codeScale.at[k], fit.codeOffset.at[k]};
  }
  encodeGroups(batch.values.data(), kLanes, kValues, out.steps.data(), 0.0F, maxCode, out.codes.data());
}

void packNibbles(const std::uint8_t* codes, std::uint8_t* nibbles) {
  for (std::size_t j = 0; j < kHalf; ++j)
    nibbles[j] = static_cast<std::uint8_t>((codes[j] & 0x0f) | ((codes[j + kHalf] & 0x0f) << 4));
}

void packFifthBits(const std::uint8_t* codes, std::uint8_t* bytes) {
  for (std::size_t i = 0; i < 4; ++i) {
    unsigned bits = 0;
    for (unsigned j = 0; j < 8; ++j) bits |= static_cast<unsigned>(codes[8 * i + j] >> 4) << j;
    bytes[i] = static_cast<std::uint8_t>(bits);
  }
}

struct Type {
  float levels;  ///< 16 or 32 codes
  bool hasMinimum;

  bool hasFifthBit() const { return levels > 16.0F; }
  void find(const Batch& batch, FoundBlocks& found) const {
    if (hasMinimum)
      findOffsets(batch, levels - 1.0F, found);
    else
      findScales(batch, levels / 2.0F, found);
  }
  std::size_t blockBytes() const { return 2U + (hasMinimum ? 2U : 0U) + (hasFifthBit() ? 4U : 0U) + kHalf; }
};

void pack(const FoundBlocks& found, std::size_t block, const Type& type, std::uint8_t* bytes) {
  const std::uint8_t* codes = found.codes.data() + block * kValues;
  storeU16(bytes, found.scale[block]);
  bytes += 2;
  if (type.hasMinimum) {
    storeU16(bytes, found.minimum[block]);
    bytes += 2;
  }
  if (type.hasFifthBit()) {
    packFifthBits(codes, bytes);
    bytes += 4;
  }
  packNibbles(codes, bytes);
}

void encodeRow(const Type& type, const float* values, std::size_t blockCount, const float* importance,
               std::uint8_t* blocks) {
  if (blockCount == 0) return;
  Batch batch;
  FoundBlocks found;
  const float energy = meanSquare(values, blockCount);
  for (std::size_t first = 0; first < blockCount; first += kLanes) {
    const std::size_t count = std::min(kLanes, blockCount - first);
    batch.load(values + first * kValues, count, importance + first * kValues, energy);
    type.find(batch, found);
    for (std::size_t b = 0; b < count; ++b, blocks += type.blockBytes()) pack(found, b, type, blocks);
  }
}

Type typeOf(tensor::DType dtype) {
  const bool hasFiveBits = dtype == tensor::DType::Q5_0 || dtype == tensor::DType::Q5_1;
  return {hasFiveBits ? 32.0F : 16.0F, dtype == tensor::DType::Q4_1 || dtype == tensor::DType::Q5_1};
}

}  // namespace

BlockTrace traceLegacyByImportance(tensor::DType dtype, const float* row, std::size_t blockCount,
                                   const float* importance, std::size_t block) {
  const Type type = typeOf(dtype);
  Batch batch;
  FoundBlocks found;
  batch.load(row + block * kValues, 1, importance + block * kValues, meanSquare(row, blockCount));
  type.find(batch, found);
  BlockTrace trace;
  trace.input.assign(batch.values.begin(), batch.values.begin() + kValues);
  trace.scale = found.computedScale[0];
  trace.minimum = type.hasMinimum ? found.computedMinimum[0] : 0.0F;
  trace.candidates = type.hasMinimum ? kLastOffsetShift + 2 : 2 * kScaleShifts + 1;
  const float low = type.hasMinimum ? 0.0F : -type.levels / 2.0F;
  traceGroups(trace, found.steps.data(), 1, kValues, low, low + type.levels - 1.0F);
  return trace;
}

void encodeQ4_0ByImportance(const float* values, std::size_t blockCount, const float* importance,
                            std::uint8_t* blocks) {
  encodeRow(typeOf(tensor::DType::Q4_0), values, blockCount, importance, blocks);
}

void encodeQ4_1ByImportance(const float* values, std::size_t blockCount, const float* importance,
                            std::uint8_t* blocks) {
  encodeRow(typeOf(tensor::DType::Q4_1), values, blockCount, importance, blocks);
}

void encodeQ5_0ByImportance(const float* values, std::size_t blockCount, const float* importance,
                            std::uint8_t* blocks) {
  encodeRow(typeOf(tensor::DType::Q5_0), values, blockCount, importance, blocks);
}

void encodeQ5_1ByImportance(const float* values, std::size_t blockCount, const float* importance,
                            std::uint8_t* blocks) {
  encodeRow(typeOf(tensor::DType::Q5_1), values, blockCount, importance, blocks);
}

}  // namespace core::quant
