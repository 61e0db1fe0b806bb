#include "core/quant/k_quants.h"

#include "core/base/multiversion.h"
#include "core/quant/block_bytes.h"

namespace core::quant {

namespace {

constexpr std::size_t kValues = 256;

struct ScaleMin {
  std::uint32_t scale;
  std::uint32_t minimum;
};

/// Scale and minimum j (0…7) of the 12 bytes of q4_k and q5_k: the first four lie whole in 6 bits, the others are
/// split between a nibble and the two top bits of an earlier byte.
QS_FORCE_INLINE ScaleMin scaleMin(const std::uint8_t* packed, std::size_t j) {
  if (j < 4) return {packed[j] & 63U, packed[j + 4] & 63U};
  return {(packed[j + 4] & 0x0fU) | ((packed[j - 4] & 0xc0U) >> 2),
          (packed[j + 4] & 0xf0U) >> 4 | (packed[j] & 0xc0U) >> 2};
}

/// Scale i (0…15) of the 12 bytes of q3_k, 0…63.
QS_FORCE_INLINE std::uint32_t sixBitScale(const std::uint8_t* packed, std::size_t i) {
  const std::uint32_t low = i < 8 ? packed[i] & 0x0fU : packed[i - 8] >> 4;
  const std::uint32_t high = (packed[8 + i % 4] >> (2 * (i / 4))) & 3U;
  return low | (high << 4);
}

}  // namespace

QS_MULTIVERSION void decodeQ2_K(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 84, out += kValues) {
    const float d = loadHalf(blocks + 80);
    const float dmin = loadHalf(blocks + 82);
    for (std::size_t group = 0; group < 16; ++group) {
      const std::uint8_t packed = blocks[group];
      const float scale = d * static_cast<float>(packed & 0x0f);
      const float minimum = dmin * static_cast<float>(packed >> 4);
      const std::uint8_t* codes = blocks + 16 + 32 * (group / 8) + 16 * (group % 2);
      const unsigned shift = static_cast<unsigned>(group % 8) / 2 * 2;
      for (std::size_t j = 0; j < 16; ++j)
        out[16 * group + j] = scale * static_cast<float>((codes[j] >> shift) & 3) - minimum;
    }
  }
}

QS_MULTIVERSION void decodeQ3_K(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 110, out += kValues) {
    const float d = loadHalf(blocks + 108);
    for (std::size_t group = 0; group < 16; ++group) {
      const float scale = d * static_cast<float>(static_cast<int>(sixBitScale(blocks + 96, group)) - 32);
      const std::uint8_t* thirdBits = blocks + 16 * (group % 2);
      const std::uint8_t* codes = blocks + 32 + 32 * (group / 8) + 16 * (group % 2);
      const unsigned shift = static_cast<unsigned>(group % 8) / 2 * 2;
      const unsigned thirdShift = static_cast<unsigned>(group) / 2;
      for (std::size_t j = 0; j < 16; ++j) {
        const int code = ((codes[j] >> shift) & 3) | (((thirdBits[j] >> thirdShift) & 1) << 2);
        out[16 * group + j] = scale * static_cast<float>(code - 4);
      }
    }
  }
}

QS_MULTIVERSION void decodeQ4_K(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 144, out += kValues) {
    const float d = loadHalf(blocks);
    const float dmin = loadHalf(blocks + 2);
    for (std::size_t pair = 0; pair < 4; ++pair) {
      const ScaleMin low = scaleMin(blocks + 4, 2 * pair);
      const ScaleMin high = scaleMin(blocks + 4, 2 * pair + 1);
      const float lowScale = d * static_cast<float>(low.scale);
      const float lowMinimum = dmin * static_cast<float>(low.minimum);
      const float highScale = d * static_cast<float>(high.scale);
      const float highMinimum = dmin * static_cast<float>(high.minimum);
      const std::uint8_t* nibbles = blocks + 16 + 32 * pair;
      float* values = out + 64 * pair;
      for (std::size_t j = 0; j < 32; ++j) values[j] = lowScale * static_cast<float>(nibbles[j] & 0x0f) - lowMinimum;
      for (std::size_t j = 0; j < 32; ++j)
        values[32 + j] = highScale * static_cast<float>(nibbles[j] >> 4) - highMinimum;
    }
  }
}

QS_MULTIVERSION void decodeQ5_K(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 176, out += kValues) {
    const float d = loadHalf(blocks);
    const float dmin = loadHalf(blocks + 2);
    const std::uint8_t* fifthBits = blocks + 16;
    for (std::size_t group = 0; group < 8; ++group) {
      const ScaleMin packed = scaleMin(blocks + 4, group);
      const float scale = d * static_cast<float>(packed.scale);
      const float minimum = dmin * static_cast<float>(packed.minimum);
      const std::uint8_t* nibbles = blocks + 48 + 32 * (group / 2);
      const unsigned shift = group % 2 == 0 ? 0U : 4U;
      for (std::size_t j = 0; j < 32; ++j) {
        const int code = ((nibbles[j] >> shift) & 0x0f) | (((fifthBits[j] >> group) & 1) << 4);
        out[32 * group + j] = scale * static_cast<float>(code) - minimum;
      }
    }
  }
}

QS_MULTIVERSION void decodeQ6_K(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 210, out += kValues) {
    const float d = loadHalf(blocks + 208);
    for (std::size_t group = 0; group < 16; ++group) {
      const float scale = d * static_cast<float>(static_cast<std::int8_t>(blocks[192 + group]));
      // Inside each half of 128 values, groups 0…3 use the low nibbles of 64 bytes and groups 4…7 the high ones.
      const std::size_t half = group / 8;
      const std::uint8_t* nibbles = blocks + 64 * half + 16 * (group % 4);
      const std::uint8_t* topBits = blocks + 128 + 32 * half + 16 * (group % 2);
      const unsigned shift = group % 8 < 4 ? 0U : 4U;
      const unsigned topShift = static_cast<unsigned>(group % 8) / 2 * 2;
      for (std::size_t j = 0; j < 16; ++j) {
        const int code = ((nibbles[j] >> shift) & 0x0f) | (((topBits[j] >> topShift) & 3) << 4);
        out[16 * group + j] = scale * static_cast<float>(code - 32);
      }
    }
  }
}

QS_MULTIVERSION void decodeQ8_K(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 292, out += kValues) {
    const float d = loadF32(blocks);
    for (std::size_t j = 0; j < kValues; ++j) out[j] = d * static_cast<float>(static_cast<std::int8_t>(blocks[4 + j]));
  }
}

}  // namespace core::quant
