#include "core/quant/iq4.h"

#include "core/quant/block_bytes.h"

namespace core::quant {

namespace {

void decodeNibbles(const std::uint8_t* nibbles, float scale, float* out) {
  for (std::size_t j = 0; j < 16; ++j) {
    out[j] = scale * kIq4Levels[nibbles[j] & 0x0fU];
    out[j + 16] = scale * kIq4Levels[nibbles[j] >> 4];
  }
}

}  // namespace

void decodeIQ4_NL(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 18, out += 32)
    decodeNibbles(blocks + 2, loadHalf(blocks), out);
}

void decodeIQ4_XS(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 136, out += 256) {
    const float d = loadHalf(blocks);
    const std::uint32_t scalesHigh = loadU16(blocks + 2);
    for (std::size_t group = 0; group < 8; ++group) {
      const std::uint32_t low = (blocks[4 + group / 2] >> (4 * (group % 2))) & 0x0fU;
      const std::uint32_t scale = low | (((scalesHigh >> (2 * group)) & 3U) << 4);
      decodeNibbles(blocks + 8 + 16 * group, d * static_cast<float>(static_cast<int>(scale) - 32), out + 32 * group);
    }
  }
}

}  // namespace core::quant
