#include <array>
#include <limits>

#include "core/base/multiversion.h"
#include "core/quant/block_bytes.h"
#include "core/quant/block_trace.h"
#include "core/quant/finite_values.h"
#include "core/quant/ggml_legacy.h"

namespace core::quant {

namespace {

constexpr std::size_t kValues = 32;
constexpr std::size_t kHalf = kValues / 2;

struct Range {
  float min;
  float max;
};

/// The value of largest magnitude with its sign; the first one when +x and −x tie; +0 for a block of zeros.
QS_FORCE_INLINE float extremeValue(const float* values, std::uint32_t magnitude) {
  if (magnitude == 0) return 0.0F;
  std::uint32_t positive = 0;
  std::uint32_t negative = 0;
  for (std::size_t j = 0; j < kValues; ++j) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(values[j]);
    positive |= bits == magnitude ? 1U : 0U;
    negative |= bits == (magnitude | 0x80000000U) ? 1U : 0U;
  }
  if ((positive & negative) == 0) return std::bit_cast<float>(magnitude | (negative << 31));  // a sign is no branch
  std::size_t first = 0;
  while ((std::bit_cast<std::uint32_t>(values[first]) & kMagnitudeMask) != magnitude) ++first;
  return values[first];
}

/// Bits of a finite float as an integer of the same order (−0 below +0), and back: the mapping is its own inverse.
QS_FORCE_INLINE std::int32_t orderedBits(std::int32_t bits) { return bits ^ ((bits >> 31) & 0x7fffffff); }

/// Minimum and maximum. Of −0 and +0 the first one is the minimum, as in a loop that compares with <.
QS_FORCE_INLINE Range range(const float* values) {
  std::int32_t min = std::numeric_limits<std::int32_t>::max();
  std::int32_t max = std::numeric_limits<std::int32_t>::min();
  for (std::size_t j = 0; j < kValues; ++j) {
    const std::int32_t ordered = orderedBits(std::bit_cast<std::int32_t>(values[j]));
    min = std::min(min, ordered);
    max = std::max(max, ordered);
  }
  Range result{std::bit_cast<float>(orderedBits(min)), std::bit_cast<float>(orderedBits(max))};
  if (result.min != 0.0F) return result;
  std::size_t first = 0;
  while (values[first] != 0.0F) ++first;
  result.min = values[first];
  return result;
}

/// Rounds |x| ≤ 2^30 to the nearest integer, halves away from zero. x minus its whole part is exact.
QS_FORCE_INLINE std::int32_t roundHalfAway(float x) {
  const std::int32_t whole = static_cast<std::int32_t>(x);
  const float rest = x - static_cast<float>(whole);
  return whole + (rest >= 0.5F ? 1 : 0) - (rest <= -0.5F ? 1 : 0);
}

/// Nibbles and fifth bits of 32 five-bit codes.
QS_FORCE_INLINE void packFiveBits(const std::array<std::int32_t, kValues>& codes, std::uint8_t* fifthBits,
                                  std::uint8_t* nibbles) {
  std::uint32_t fifth = 0;
  for (std::size_t j = 0; j < kValues; ++j) fifth |= (static_cast<std::uint32_t>(codes[j]) >> 4) << j;
  for (unsigned i = 0; i < 4; ++i) fifthBits[i] = static_cast<std::uint8_t>((fifth >> (8 * i)) & 0xffU);
  for (std::size_t j = 0; j < kHalf; ++j)
    nibbles[j] = static_cast<std::uint8_t>((codes[j] & 0x0f) | ((codes[j + kHalf] & 0x0f) << 4));
}

/// A block of finite values, its scale before it is stored, and what codes are chosen by.
struct ScaledBlock {
  const float* values;
  float extreme;
  float scale;
  float reciprocal;  ///< 0 where the scale has none
};

/// q4_0 and q5_0: the extreme value becomes code 0, which stands for −half.
QS_FORCE_INLINE ScaledBlock signedBlock(const float* values, float half, std::array<float, kValues>& copy) {
  std::uint32_t magnitude = 0;
  const float* block = finiteBlock(values, copy, magnitude);
  const float extreme = extremeValue(block, magnitude);
  const float scale = extreme / -half;
  return {block, extreme, scale, safeReciprocal(scale)};
}

/// q8_0: the largest magnitude becomes 127.
QS_FORCE_INLINE ScaledBlock byteBlock(const float* values, std::array<float, kValues>& copy) {
  std::uint32_t magnitude = 0;
  const float* block = finiteBlock(values, copy, magnitude);
  const float extreme = std::bit_cast<float>(magnitude);
  const float scale = extreme / 127.0F;
  return {block, extreme, scale, safeReciprocal(scale)};
}

/// ½ added and truncated, as ggml rounds. @param half what code 0 stands for, without its sign
QS_FORCE_INLINE std::int32_t truncated(float scaled, float half) {
  return static_cast<std::int32_t>(scaled + (half + 0.5F));
}

/// q4_1 and q5_1: the least value becomes code 0, the greatest maxCode.
struct OffsetBlock {
  const float* values;
  float min;
  float scale;
  float reciprocal;  ///< 0 where the scale has none
};

QS_FORCE_INLINE OffsetBlock offsetBlock(const float* values, std::int32_t maxCode, std::array<float, kValues>& copy) {
  std::uint32_t magnitude = 0;
  const float* block = finiteBlock(values, copy, magnitude);
  const Range blockRange = range(block);
  const float extent = blockRange.max - blockRange.min;
  const float scale = extent / static_cast<float>(maxCode);
  const float reciprocal = extent <= std::numeric_limits<float>::max() ? safeReciprocal(scale) : 0.0F;
  return {block, blockRange.min, scale, reciprocal};
}

/// A block as it is stored, but for the layout.
struct OffsetCodes {
  std::uint16_t scale;
  std::uint16_t minimum;
  std::array<std::int32_t, kValues> codes;
};

QS_FORCE_INLINE OffsetCodes encodeOffsets(const float* values, std::int32_t maxCode) {
  std::array<float, kValues> copy;
  const OffsetBlock block = offsetBlock(values, maxCode, copy);
  OffsetCodes result{finiteHalf(block.scale), finiteHalf(block.min), {}};
  if (block.reciprocal == 0.0F) return result;
  for (std::size_t j = 0; j < kValues; ++j)
    result.codes[j] = std::min(maxCode, truncated((block.values[j] - block.min) * block.reciprocal, 0.0F));
  return result;
}

BlockTrace traceScaled(const ScaledBlock& block) {
  BlockTrace trace;
  trace.input.assign(block.values, block.values + kValues);
  trace.extreme = block.extreme;
  trace.scale = block.scale;
  trace.scaled = [reciprocal = block.reciprocal](float x, std::size_t) { return x * reciprocal; };
  return trace;
}

BlockTrace traceSigned(const float* values, float half) {
  std::array<float, kValues> copy;
  BlockTrace trace = traceScaled(signedBlock(values, half, copy));
  trace.rounded = [half](float scaled) { return static_cast<float>(truncated(scaled, half)); };
  trace.code = [half](float scaled, std::size_t) {
    return std::min(static_cast<std::int32_t>(2.0F * half) - 1, truncated(scaled, half));
  };
  return trace;
}

BlockTrace traceBytes(const float* values) {
  std::array<float, kValues> copy;
  BlockTrace trace = traceScaled(byteBlock(values, copy));
  trace.rounded = [](float scaled) { return static_cast<float>(roundHalfAway(scaled)); };
  trace.code = [](float scaled, std::size_t) { return roundHalfAway(scaled); };
  return trace;
}

BlockTrace traceOffset(const float* values, std::int32_t maxCode) {
  std::array<float, kValues> copy;
  const OffsetBlock block = offsetBlock(values, maxCode, copy);
  BlockTrace trace;
  trace.input.assign(block.values, block.values + kValues);
  trace.scale = block.scale;
  trace.minimum = block.min;
  const float reciprocal = block.reciprocal, min = block.min;
  trace.scaled = [=](float x, std::size_t) { return reciprocal == 0.0F ? 0.0F : (x - min) * reciprocal; };
  trace.rounded = [](float scaled) { return static_cast<float>(truncated(scaled, 0.0F)); };
  trace.code = [=](float scaled, std::size_t) { return std::min(maxCode, truncated(scaled, 0.0F)); };
  return trace;
}

}  // namespace

QS_MULTIVERSION void encodeQ4_0(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  std::array<float, kValues> copy;
  for (std::size_t b = 0; b < blockCount; ++b, values += kValues, blocks += 18) {
    const ScaledBlock block = signedBlock(values, 8.0F, copy);
    storeU16(blocks, finiteHalf(block.scale));
    for (std::size_t j = 0; j < kHalf; ++j) {
      const std::int32_t low = std::min(15, truncated(block.values[j] * block.reciprocal, 8.0F));
      const std::int32_t high = std::min(15, truncated(block.values[j + kHalf] * block.reciprocal, 8.0F));
      blocks[2 + j] = static_cast<std::uint8_t>(low | (high << 4));
    }
  }
}

QS_MULTIVERSION void encodeQ4_1(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  for (std::size_t b = 0; b < blockCount; ++b, values += kValues, blocks += 20) {
    const OffsetCodes block = encodeOffsets(values, 15);
    storeU16(blocks, block.scale);
    storeU16(blocks + 2, block.minimum);
    for (std::size_t j = 0; j < kHalf; ++j)
      blocks[4 + j] = static_cast<std::uint8_t>(block.codes[j] | (block.codes[j + kHalf] << 4));
  }
}

QS_MULTIVERSION void encodeQ5_0(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  std::array<float, kValues> copy;
  std::array<std::int32_t, kValues> codes;
  for (std::size_t b = 0; b < blockCount; ++b, values += kValues, blocks += 22) {
    const ScaledBlock block = signedBlock(values, 16.0F, copy);
    storeU16(blocks, finiteHalf(block.scale));
    for (std::size_t j = 0; j < kValues; ++j)
      codes[j] = std::min(31, truncated(block.values[j] * block.reciprocal, 16.0F));
    packFiveBits(codes, blocks + 2, blocks + 6);
  }
}

QS_MULTIVERSION void encodeQ5_1(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  for (std::size_t b = 0; b < blockCount; ++b, values += kValues, blocks += 24) {
    const OffsetCodes block = encodeOffsets(values, 31);
    storeU16(blocks, block.scale);
    storeU16(blocks + 2, block.minimum);
    packFiveBits(block.codes, blocks + 4, blocks + 8);
  }
}

QS_MULTIVERSION void encodeQ8_0(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  std::array<float, kValues> copy;
  for (std::size_t b = 0; b < blockCount; ++b, values += kValues, blocks += 34) {
    const ScaledBlock block = byteBlock(values, copy);
    storeU16(blocks, finiteHalf(block.scale));
    for (std::size_t j = 0; j < kValues; ++j)
      blocks[2 + j] = static_cast<std::uint8_t>(roundHalfAway(block.values[j] * block.reciprocal));
  }
}

BlockTrace traceLegacy(tensor::DType dtype, const float* row, std::size_t blockCount, const float* importance,
                       std::size_t block) {
  const float* values = row + block * kValues;
  if (importance != nullptr && dtype != tensor::DType::Q8_0)
    return traceLegacyByImportance(dtype, row, blockCount, importance, block);
  switch (dtype) {
    case tensor::DType::Q4_0:
      return traceSigned(values, 8.0F);
    case tensor::DType::Q5_0:
      return traceSigned(values, 16.0F);
    case tensor::DType::Q8_0:
      return traceBytes(values);
    default:
      return traceOffset(values, dtype == tensor::DType::Q4_1 ? 15 : 31);
  }
}

}  // namespace core::quant
