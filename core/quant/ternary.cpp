#include "core/quant/ternary.h"

#include "core/base/multiversion.h"
#include "core/quant/block_bytes.h"

namespace core::quant {

namespace {

/// Digits of byteCount bytes, all first digits before all second ones; returns the end of what it wrote.
template <std::size_t byteCount, unsigned digits>
QS_FORCE_INLINE float* decodeDigits(const std::uint8_t* __restrict__ bytes, float d, float* __restrict__ out) {
  unsigned power = 1;
  for (unsigned n = 0; n < digits; ++n, power *= 3, out += byteCount) {
    for (std::size_t j = 0; j < byteCount; ++j) {
      const unsigned fraction = (bytes[j] * power) & 0xffU;
      out[j] = static_cast<float>(static_cast<int>((fraction * 3) >> 8) - 1) * d;
    }
  }
  return out;
}

}  // namespace

QS_MULTIVERSION void decodeTQ1_0(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                 float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 54) {
    const float d = loadHalf(blocks + 52);
    out = decodeDigits<32, 5>(blocks, d, out);
    out = decodeDigits<16, 5>(blocks + 32, d, out);
    out = decodeDigits<4, 4>(blocks + 48, d, out);
  }
}

QS_MULTIVERSION void decodeTQ2_0(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                 float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 66) {
    const float d = loadHalf(blocks + 64);
    for (std::size_t half = 0; half < 64; half += 32)
      for (unsigned shift = 0; shift < 8; shift += 2)
        for (std::size_t j = 0; j < 32; ++j) *out++ = static_cast<float>(((blocks[half + j] >> shift) & 3) - 1) * d;
  }
}

QS_MULTIVERSION void decodeQ1_0(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 18, out += 128) {
    const float d = loadHalf(blocks);
    const float signs[2] = {-d, d};
    for (std::size_t j = 0; j < 16; ++j)
      for (std::size_t bit = 0; bit < 8; ++bit) out[8 * j + bit] = signs[(blocks[2 + j] >> bit) & 1];
  }
}

QS_MULTIVERSION void decodeQ2_0(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 18, out += 64) {
    const float d = loadHalf(blocks);
    for (std::size_t j = 0; j < 64; ++j)
      out[j] = static_cast<float>(((blocks[2 + j / 4] >> (2 * (j % 4))) & 3) - 1) * d;
  }
}

}  // namespace core::quant
