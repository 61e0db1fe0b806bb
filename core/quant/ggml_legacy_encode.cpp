#include <array>
#include <limits>

#include "core/base/multiversion.h"
#include "core/quant/block_bytes.h"
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

/// Scale, minimum and codes 0…maxCode of q4_1 and q5_1.
struct OffsetBlock {
  std::uint16_t scale;
  std::uint16_t minimum;
  std::array<std::int32_t, kValues> codes;
};

QS_FORCE_INLINE OffsetBlock encodeOffsetBlock(const float* values, std::int32_t maxCode) {
  std::array<float, kValues> copy;
  std::uint32_t magnitude = 0;
  const float* block = finiteBlock(values, copy, magnitude);
  const Range blockRange = range(block);
  const float extent = blockRange.max - blockRange.min;
  const float scale = extent / static_cast<float>(maxCode);
  const float reciprocal = extent <= std::numeric_limits<float>::max() ? safeReciprocal(scale) : 0.0F;
  OffsetBlock result{finiteHalf(scale), finiteHalf(blockRange.min), {}};
  if (reciprocal == 0.0F) return result;
  for (std::size_t j = 0; j < kValues; ++j) {
    const float scaled = (block[j] - blockRange.min) * reciprocal;
    result.codes[j] = std::min(maxCode, static_cast<std::int32_t>(scaled + 0.5F));
  }
  return result;
}

}  // namespace

QS_MULTIVERSION void encodeQ4_0(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  std::array<float, kValues> copy;
  for (std::size_t b = 0; b < blockCount; ++b, values += kValues, blocks += 18) {
    std::uint32_t magnitude = 0;
    const float* block = finiteBlock(values, copy, magnitude);
    const float scale = extremeValue(block, magnitude) / -8.0F;
    const float reciprocal = safeReciprocal(scale);
    storeU16(blocks, finiteHalf(scale));
    for (std::size_t j = 0; j < kHalf; ++j) {
      const std::int32_t low = std::min(15, static_cast<std::int32_t>(block[j] * reciprocal + 8.5F));
      const std::int32_t high = std::min(15, static_cast<std::int32_t>(block[j + kHalf] * reciprocal + 8.5F));
      blocks[2 + j] = static_cast<std::uint8_t>(low | (high << 4));
    }
  }
}

QS_MULTIVERSION void encodeQ4_1(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  for (std::size_t b = 0; b < blockCount; ++b, values += kValues, blocks += 20) {
    const OffsetBlock block = encodeOffsetBlock(values, 15);
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
    std::uint32_t magnitude = 0;
    const float* block = finiteBlock(values, copy, magnitude);
    const float scale = extremeValue(block, magnitude) / -16.0F;
    const float reciprocal = safeReciprocal(scale);
    storeU16(blocks, finiteHalf(scale));
    for (std::size_t j = 0; j < kValues; ++j)
      codes[j] = std::min(31, static_cast<std::int32_t>(block[j] * reciprocal + 16.5F));
    packFiveBits(codes, blocks + 2, blocks + 6);
  }
}

QS_MULTIVERSION void encodeQ5_1(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  for (std::size_t b = 0; b < blockCount; ++b, values += kValues, blocks += 24) {
    const OffsetBlock block = encodeOffsetBlock(values, 31);
    storeU16(blocks, block.scale);
    storeU16(blocks + 2, block.minimum);
    packFiveBits(block.codes, blocks + 4, blocks + 8);
  }
}

QS_MULTIVERSION void encodeQ8_0(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  std::array<float, kValues> copy;
  for (std::size_t b = 0; b < blockCount; ++b, values += kValues, blocks += 34) {
    std::uint32_t magnitude = 0;
    const float* block = finiteBlock(values, copy, magnitude);
    const float scale = std::bit_cast<float>(magnitude) / 127.0F;
    const float reciprocal = safeReciprocal(scale);
    storeU16(blocks, finiteHalf(scale));
    for (std::size_t j = 0; j < kValues; ++j)
      blocks[2 + j] = static_cast<std::uint8_t>(roundHalfAway(block[j] * reciprocal));
  }
}

}  // namespace core::quant
