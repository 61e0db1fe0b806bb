#include "core/quant/microscaling.h"

#include <array>
#include <bit>

namespace core::quant {

namespace {

/// Twice the E2M1 values, so that they are whole numbers; the scales below are halved in return.
constexpr std::array<float, 16> kDoubledLevels = {0.0F, 1.0F,  2.0F,  3.0F,  4.0F,  6.0F,  8.0F,  12.0F,
                                                  0.0F, -1.0F, -2.0F, -3.0F, -4.0F, -6.0F, -8.0F, -12.0F};

/// 2^(code − 128) for every code: the two smallest are FP32 denormals.
float halvedE8M0(std::uint32_t code) {
  return std::bit_cast<float>(code < 2 ? 0x00200000U << code : (code - 1U) << 23);
}

float halvedUnsignedE4M3(std::uint32_t byte) {
  const std::uint32_t code = byte & 0x7fU;
  if (byte == 0x7fU) return 0.0F;  // 0xFF is an ordinary 480
  const std::uint32_t exponent = code >> 3;
  const float mantissa = static_cast<float>(code & 7U);
  if (exponent == 0) return mantissa * 0x1p-10F;
  return std::bit_cast<float>((exponent + 127U - 7U - 1U) << 23) * (1.0F + mantissa / 8.0F);
}

}  // namespace

void decodeMXFP4(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 17, out += 32) {
    const float scale = halvedE8M0(blocks[0]);
    for (std::size_t j = 0; j < 16; ++j) {
      out[j] = kDoubledLevels[blocks[1 + j] & 0x0fU] * scale;
      out[j + 16] = kDoubledLevels[blocks[1 + j] >> 4] * scale;
    }
  }
}

void decodeNVFP4(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 36, out += 64) {
    for (std::size_t group = 0; group < 4; ++group) {
      const float scale = halvedUnsignedE4M3(blocks[group]);
      const std::uint8_t* nibbles = blocks + 4 + 8 * group;
      for (std::size_t j = 0; j < 8; ++j) {
        out[16 * group + j] = kDoubledLevels[nibbles[j] & 0x0fU] * scale;
        out[16 * group + 8 + j] = kDoubledLevels[nibbles[j] >> 4] * scale;
      }
    }
  }
}

}  // namespace core::quant
