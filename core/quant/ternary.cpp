#include "core/quant/ternary.h"

#include "core/quant/block_bytes.h"

namespace core::quant {

namespace {

/// Digits of `byteCount` bytes, all first digits before all second ones; returns the end of what it wrote.
float* decodeDigits(const std::uint8_t* bytes, std::size_t byteCount, unsigned digits, float d, float* out) {
  unsigned power = 1;
  for (unsigned n = 0; n < digits; ++n, power *= 3) {
    for (std::size_t j = 0; j < byteCount; ++j) {
      const unsigned fraction = (bytes[j] * power) & 0xffU;
      *out++ = static_cast<float>(static_cast<int>((fraction * 3) >> 8) - 1) * d;
    }
  }
  return out;
}

}  // namespace

void decodeTQ1_0(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 54) {
    const float d = loadHalf(blocks + 52);
    out = decodeDigits(blocks, 32, 5, d, out);
    out = decodeDigits(blocks + 32, 16, 5, d, out);
    out = decodeDigits(blocks + 48, 4, 4, d, out);
  }
}

void decodeTQ2_0(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 66) {
    const float d = loadHalf(blocks + 64);
    for (std::size_t half = 0; half < 64; half += 32)
      for (unsigned shift = 0; shift < 8; shift += 2)
        for (std::size_t j = 0; j < 32; ++j) *out++ = static_cast<float>(((blocks[half + j] >> shift) & 3) - 1) * d;
  }
}

void decodeQ1_0(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 18, out += 128) {
    const float d = loadHalf(blocks);
    for (std::size_t j = 0; j < 128; ++j) out[j] = ((blocks[2 + j / 8] >> (j % 8)) & 1) != 0 ? d : -d;
  }
}

void decodeQ2_0(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 18, out += 64) {
    const float d = loadHalf(blocks);
    for (std::size_t j = 0; j < 64; ++j)
      out[j] = static_cast<float>(((blocks[2 + j / 4] >> (2 * (j % 4))) & 3) - 1) * d;
  }
}

}  // namespace core::quant
