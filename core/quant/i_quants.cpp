#include "core/quant/i_quants.h"

#include <array>
#include <bit>

#include "core/quant/block_bytes.h"
#include "core/quant/lattice_tables.h"

namespace core::quant {

namespace {

constexpr std::size_t kValues = 256;
constexpr float kIq1Offset = 0.125F;

/// 8 sign bits from 7: the last one makes their number even.
std::uint32_t evenSigns(std::uint32_t sevenBits) {
  return sevenBits | ((static_cast<std::uint32_t>(std::popcount(sevenBits)) & 1U) << 7);
}

void decodeIq2Group(std::uint32_t point, std::uint32_t signs, float scale, float* out) {
  for (unsigned j = 0; j < 8; ++j) {
    const float magnitude = scale * kIq2Levels[(point >> (2 * j)) & 3U];
    out[j] = ((signs >> j) & 1U) != 0 ? -magnitude : magnitude;
  }
}

void decodeIq3Group(const std::array<float, 8>& levels, std::uint32_t point, std::uint32_t signs, float scale,
                    float* out) {
  for (unsigned j = 0; j < 4; ++j) {
    const float magnitude = scale * levels[(point >> (3 * j)) & 7U];
    out[j] = ((signs >> j) & 1U) != 0 ? -magnitude : magnitude;
  }
}

void decodeIq1Group(std::uint32_t index, float scale, float offset, float* out) {
  const std::uint32_t point = kIq1Lattice[index];
  for (unsigned j = 0; j < 8; ++j)
    out[j] = scale * (static_cast<float>(static_cast<int>((point >> (2 * j)) & 3U) - 1) + offset);
}

}  // namespace

void decodeIQ2_XXS(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 66, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 8; ++group) {
      const std::uint8_t* indices = blocks + 2 + 8 * group;
      const std::uint32_t signsAndScale = loadU32(indices + 4);
      const float scale = d * (0.5F + static_cast<float>(signsAndScale >> 28)) * 0.25F;
      for (unsigned l = 0; l < 4; ++l)
        decodeIq2Group(kIq2XxsLattice[indices[l]], evenSigns((signsAndScale >> (7 * l)) & 127U), scale,
                       out + 32 * group + 8 * l);
    }
  }
}

void decodeIQ2_XS(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 74, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 32; ++group) {
      const std::uint32_t code = loadU16(blocks + 2 + 2 * group);
      const std::uint32_t scaleBits = (blocks[66 + group / 4] >> (4 * ((group / 2) % 2))) & 0x0fU;
      const float scale = d * (0.5F + static_cast<float>(scaleBits)) * 0.25F;
      decodeIq2Group(kIq2XsLattice[code & 511U], evenSigns(code >> 9), scale, out + 8 * group);
    }
  }
}

void decodeIQ2_S(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 82, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 32; ++group) {
      const std::uint32_t top = (static_cast<std::uint32_t>(blocks[66 + group / 4]) >> (2 * (group % 4))) & 3U;
      const std::uint32_t scaleBits = (blocks[74 + group / 4] >> (4 * ((group / 2) % 2))) & 0x0fU;
      const float scale = d * (0.5F + static_cast<float>(scaleBits)) * 0.25F;
      decodeIq2Group(kIq2SLattice[blocks[2 + group] | (top << 8)], blocks[34 + group], scale, out + 8 * group);
    }
  }
}

void decodeIQ3_XXS(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 98, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 8; ++group) {
      const std::uint8_t* indices = blocks + 2 + 8 * group;
      const std::uint32_t signsAndScale = loadU32(blocks + 66 + 4 * group);
      const float scale = d * (0.5F + static_cast<float>(signsAndScale >> 28)) * 0.5F;
      for (unsigned l = 0; l < 4; ++l) {
        const std::uint32_t signs = evenSigns((signsAndScale >> (7 * l)) & 127U);
        float* values = out + 32 * group + 8 * l;
        decodeIq3Group(kIq3XxsLevels, kIq3XxsLattice[indices[2 * l]], signs, scale, values);
        decodeIq3Group(kIq3XxsLevels, kIq3XxsLattice[indices[2 * l + 1]], signs >> 4, scale, values + 4);
      }
    }
  }
}

void decodeIQ3_S(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 110, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 64; ++group) {
      const std::uint32_t top = (static_cast<std::uint32_t>(blocks[66 + group / 8]) >> (group % 8)) & 1U;
      const std::uint32_t scaleBits = (blocks[106 + group / 16] >> (4 * ((group / 8) % 2))) & 0x0fU;
      const float scale = d * static_cast<float>(1U + 2U * scaleBits);
      const std::uint32_t signs = static_cast<std::uint32_t>(blocks[74 + group / 2]) >> (4 * (group % 2));
      decodeIq3Group(kIq3SLevels, kIq3SLattice[blocks[2 + group] | (top << 8)], signs, scale, out + 4 * group);
    }
  }
}

void decodeIQ1_S(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 50, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 32; ++group) {
      const std::uint32_t high = loadU16(blocks + 34 + 2 * (group / 4));
      const float scale = d * static_cast<float>(2U * ((high >> 12) & 7U) + 1U);
      const float offset = (high & 0x8000U) != 0 ? -kIq1Offset : kIq1Offset;
      const std::uint32_t top = (high >> (3 * (group % 4))) & 7U;
      decodeIq1Group(blocks[2 + group] | (top << 8), scale, offset, out + 8 * group);
    }
  }
}

void decodeIQ1_M(const std::uint8_t* blocks, std::size_t blockCount, float* out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 56, out += kValues) {
    const std::uint8_t* words = blocks + 48;
    std::uint32_t dBits = 0;
    for (unsigned i = 0; i < 4; ++i) dBits |= static_cast<std::uint32_t>(loadU16(words + 2 * i) >> 12) << (4 * i);
    const float d = numeric::halfToFloat(static_cast<std::uint16_t>(dBits));
    for (std::size_t group = 0; group < 32; ++group) {
      const std::uint32_t scaleBits = (loadU16(words + 2 * (group / 8)) >> (3 * ((group / 2) % 4))) & 7U;
      const float scale = d * static_cast<float>(2U * scaleBits + 1U);
      const std::uint32_t high = (blocks[32 + group / 2] >> (4 * (group % 2))) & 0x0fU;
      const float offset = (high & 8U) != 0 ? -kIq1Offset : kIq1Offset;
      decodeIq1Group(blocks[group] | ((high & 7U) << 8), scale, offset, out + 8 * group);
    }
  }
}

}  // namespace core::quant
