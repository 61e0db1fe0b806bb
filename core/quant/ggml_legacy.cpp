#include "core/quant/ggml_legacy.h"

#include "core/base/multiversion.h"
#include "core/quant/block_bytes.h"

namespace core::quant {

namespace {
constexpr std::size_t kValues = 32;
constexpr std::size_t kHalf = kValues / 2;
}  // namespace

QS_MULTIVERSION void decodeQ4_0(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 18, out += kValues) {
    const float d = loadHalf(blocks);
    const std::uint8_t* nibbles = blocks + 2;
    for (std::size_t j = 0; j < kHalf; ++j) out[j] = static_cast<float>((nibbles[j] & 0x0f) - 8) * d;
    for (std::size_t j = 0; j < kHalf; ++j) out[j + kHalf] = static_cast<float>((nibbles[j] >> 4) - 8) * d;
  }
}

QS_MULTIVERSION void decodeQ4_1(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 20, out += kValues) {
    const float d = loadHalf(blocks);
    const float m = loadHalf(blocks + 2);
    const std::uint8_t* nibbles = blocks + 4;
    for (std::size_t j = 0; j < kHalf; ++j) out[j] = static_cast<float>(nibbles[j] & 0x0f) * d + m;
    for (std::size_t j = 0; j < kHalf; ++j) out[j + kHalf] = static_cast<float>(nibbles[j] >> 4) * d + m;
  }
}

QS_MULTIVERSION void decodeQ5_0(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 22, out += kValues) {
    const float d = loadHalf(blocks);
    const std::uint32_t fifth = loadU32(blocks + 2);
    const std::uint8_t* nibbles = blocks + 6;
    for (std::uint32_t j = 0; j < kHalf; ++j) {
      const std::int32_t low = static_cast<std::int32_t>((nibbles[j] & 0x0fU) | (((fifth >> j) & 1U) << 4));
      const std::int32_t high = static_cast<std::int32_t>((nibbles[j] >> 4) | (((fifth >> (j + 16)) & 1U) << 4));
      out[j] = static_cast<float>(low - 16) * d;
      out[j + kHalf] = static_cast<float>(high - 16) * d;
    }
  }
}

QS_MULTIVERSION void decodeQ5_1(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 24, out += kValues) {
    const float d = loadHalf(blocks);
    const float m = loadHalf(blocks + 2);
    const std::uint32_t fifth = loadU32(blocks + 4);
    const std::uint8_t* nibbles = blocks + 8;
    for (std::uint32_t j = 0; j < kHalf; ++j) {
      const std::int32_t low = static_cast<std::int32_t>((nibbles[j] & 0x0fU) | (((fifth >> j) & 1U) << 4));
      const std::int32_t high = static_cast<std::int32_t>((nibbles[j] >> 4) | (((fifth >> (j + 16)) & 1U) << 4));
      out[j] = static_cast<float>(low) * d + m;
      out[j + kHalf] = static_cast<float>(high) * d + m;
    }
  }
}

QS_MULTIVERSION void decodeQ8_0(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 34, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t j = 0; j < kValues; ++j) out[j] = static_cast<float>(static_cast<std::int8_t>(blocks[2 + j])) * d;
  }
}

}  // namespace core::quant
