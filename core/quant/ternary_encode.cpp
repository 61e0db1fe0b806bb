#include <array>
#include <cmath>

#include "core/base/multiversion.h"
#include "core/quant/block_bytes.h"
#include "core/quant/block_trace.h"
#include "core/quant/finite_values.h"
#include "core/quant/ternary.h"

namespace core::quant {

namespace {

/// Codes of a block in the order of its values, and its scale.
template <std::size_t count>
struct TernaryBlock {
  std::uint16_t scale;
  std::array<std::uint8_t, count> codes;  ///< −1, 0, 1 as 0, 1, 2
};

/// −1, 0 or 1. |x / absmax| is at most 1 (and a rounding): halves away from zero are two comparisons.
QS_FORCE_INLINE std::int32_t ternaryDigit(float scaled) { return (scaled >= 0.5F ? 1 : 0) - (scaled <= -0.5F ? 1 : 0); }

template <std::size_t count>
QS_FORCE_INLINE void encodeTernary(const float* values, TernaryBlock<count>& block) {
  std::array<float, count> copy;
  std::uint32_t magnitude = 0;
  const float* finite = finiteBlock(values, copy, magnitude);
  const float scale = std::bit_cast<float>(magnitude);
  const float reciprocal = safeReciprocal(scale);
  block.scale = finiteHalf(scale);
  for (std::size_t j = 0; j < count; ++j)
    block.codes[j] = static_cast<std::uint8_t>(1 + ternaryDigit(finite[j] * reciprocal));
}

/// q1_0: the scale of a block and the bit of a value; −0 counts as positive.
QS_FORCE_INLINE float meanMagnitude(const float* values) {
  float sum = 0.0F;
  for (std::size_t j = 0; j < 128; ++j) sum += std::abs(values[j]);
  return sum / 128.0F;
}
QS_FORCE_INLINE std::uint8_t signBit(float value) { return value >= 0.0F ? 1 : 0; }

template <std::size_t count>
BlockTrace traceDigits(const float* values) {
  std::array<float, count> copy;
  std::uint32_t magnitude = 0;
  const float* finite = finiteBlock(values, copy, magnitude);
  BlockTrace trace;
  trace.input.assign(finite, finite + count);
  trace.extreme = trace.scale = std::bit_cast<float>(magnitude);
  trace.scaled = [reciprocal = safeReciprocal(trace.scale)](float x, std::size_t) { return x * reciprocal; };
  trace.rounded = [](float scaled) { return static_cast<float>(ternaryDigit(scaled)); };
  trace.code = [](float scaled, std::size_t) { return 1 + ternaryDigit(scaled); };
  return trace;
}

/// Bytes of `digits` ternary digits, the first of all bytes before the second of all: a whole number n of 5 digits as
/// the smallest fraction of 256 that is at least n / 243. Missing digits are 0.
template <std::size_t byteCount, unsigned digits>
QS_FORCE_INLINE void packDigits(const std::uint8_t* codes, std::uint8_t* bytes) {
  for (std::size_t j = 0; j < byteCount; ++j) {
    std::uint32_t number = 0;
    for (unsigned n = 0; n < digits; ++n) number = number * 3 + codes[n * byteCount + j];
    for (unsigned n = digits; n < 5; ++n) number *= 3;
    bytes[j] = static_cast<std::uint8_t>((number * 256 + 242) / 243);
  }
}

}  // namespace

BlockTrace traceTernary(tensor::DType dtype, const float* values) {
  if (dtype == tensor::DType::Q2_0) return traceDigits<64>(values);
  if (dtype != tensor::DType::Q1_0) return traceDigits<256>(values);
  std::array<float, 128> copy;
  std::uint32_t magnitude = 0;
  const float* finite = finiteBlock(values, copy, magnitude);
  BlockTrace trace;
  trace.input.assign(finite, finite + 128);
  trace.scale = meanMagnitude(finite);
  trace.code = [](float x, std::size_t) { return std::int32_t{signBit(x)}; };
  return trace;
}

QS_MULTIVERSION void encodeTQ1_0(const float* __restrict__ values, std::size_t blockCount,
                                 std::uint8_t* __restrict__ blocks) {
  TernaryBlock<256> block;
  for (std::size_t b = 0; b < blockCount; ++b, values += 256, blocks += 54) {
    encodeTernary(values, block);
    packDigits<32, 5>(block.codes.data(), blocks);
    packDigits<16, 5>(block.codes.data() + 160, blocks + 32);
    packDigits<4, 4>(block.codes.data() + 240, blocks + 48);
    storeU16(blocks + 52, block.scale);
  }
}

QS_MULTIVERSION void encodeTQ2_0(const float* __restrict__ values, std::size_t blockCount,
                                 std::uint8_t* __restrict__ blocks) {
  TernaryBlock<256> block;
  for (std::size_t b = 0; b < blockCount; ++b, values += 256, blocks += 66) {
    encodeTernary(values, block);
    for (std::size_t half = 0; half < 2; ++half) {
      const std::uint8_t* codes = block.codes.data() + 128 * half;
      for (std::size_t j = 0; j < 32; ++j)
        blocks[32 * half + j] =
            static_cast<std::uint8_t>(codes[j] | codes[j + 32] << 2 | codes[j + 64] << 4 | codes[j + 96] << 6);
    }
    storeU16(blocks + 64, block.scale);
  }
}

QS_MULTIVERSION void encodeQ2_0(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  TernaryBlock<64> block;
  for (std::size_t b = 0; b < blockCount; ++b, values += 64, blocks += 18) {
    encodeTernary(values, block);
    storeU16(blocks, block.scale);
    const std::uint8_t* codes = block.codes.data();
    for (std::size_t j = 0; j < 16; ++j)
      blocks[2 + j] = static_cast<std::uint8_t>(codes[4 * j] | codes[4 * j + 1] << 2 | codes[4 * j + 2] << 4 |
                                                codes[4 * j + 3] << 6);
  }
}

QS_MULTIVERSION void encodeQ1_0(const float* __restrict__ values, std::size_t blockCount,
                                std::uint8_t* __restrict__ blocks) {
  std::array<float, 128> copy;
  std::array<std::uint8_t, 128> bits;
  for (std::size_t b = 0; b < blockCount; ++b, values += 128, blocks += 18) {
    std::uint32_t magnitude = 0;
    const float* finite = finiteBlock(values, copy, magnitude);
    storeU16(blocks, finiteHalf(meanMagnitude(finite)));
    for (std::size_t j = 0; j < 128; ++j) bits[j] = signBit(finite[j]);
    for (std::size_t j = 0; j < 16; ++j) {
      unsigned byte = 0;
      for (unsigned bit = 0; bit < 8; ++bit) byte |= static_cast<unsigned>(bits[8 * j + bit]) << bit;
      blocks[2 + j] = static_cast<std::uint8_t>(byte);
    }
  }
}

}  // namespace core::quant
