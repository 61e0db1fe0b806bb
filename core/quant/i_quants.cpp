#include "core/quant/i_quants.h"

#include "core/quant/block_bytes.h"
#include "core/quant/lattice_tables.h"
#include "core/quant/vector_lanes.h"

namespace core::quant {

namespace {

constexpr std::size_t kValues = 256;
// Levels of the codes 0…7; of two-bit codes those of 0…3 twice.
constexpr FloatLanes kIq2Lanes = {kIq2Levels[0], kIq2Levels[1], kIq2Levels[2], kIq2Levels[3],
                                  kIq2Levels[0], kIq2Levels[1], kIq2Levels[2], kIq2Levels[3]};
constexpr FloatLanes kIq3XxsLanes = {kIq3XxsLevels[0], kIq3XxsLevels[1], kIq3XxsLevels[2], kIq3XxsLevels[3],
                                     kIq3XxsLevels[4], kIq3XxsLevels[5], kIq3XxsLevels[6], kIq3XxsLevels[7]};
constexpr FloatLanes kIq3SLanes = {kIq3SLevels[0], kIq3SLevels[1], kIq3SLevels[2], kIq3SLevels[3],
                                   kIq3SLevels[4], kIq3SLevels[5], kIq3SLevels[6], kIq3SLevels[7]};
constexpr FloatLanes kIq1Lanes[2] = {{kIq1Levels[0][0], kIq1Levels[0][1], kIq1Levels[0][2], 0.0F, kIq1Levels[0][0],
                                      kIq1Levels[0][1], kIq1Levels[0][2], 0.0F},
                                     {kIq1Levels[1][0], kIq1Levels[1][1], kIq1Levels[1][2], 0.0F, kIq1Levels[1][0],
                                      kIq1Levels[1][1], kIq1Levels[1][2], 0.0F}};

/// 8 sign bits from 7: the last one makes their number even.
QS_FORCE_INLINE std::uint32_t evenSigns(std::uint32_t sevenBits) {
  constexpr std::uint32_t kOddNibbles = 0x6996;  // bit n: n has an odd number of ones
  return sevenBits | (((kOddNibbles >> ((sevenBits ^ (sevenBits >> 4)) & 15U)) & 1U) << 7);
}

/// The eight levels that the codes of kBits in `packed` stand for.
template <int kBits>
QS_FORCE_INLINE void unpack(std::uint32_t packed, const FloatLanes& levels, FloatLanes& out) {
  constexpr IntLanes kShifts = {0, kBits, 2 * kBits, 3 * kBits, 4 * kBits, 5 * kBits, 6 * kBits, 7 * kBits};
  lookUp(levels, (IntLanes{} + static_cast<std::int32_t>(packed)) >> kShifts, out);
}

QS_FORCE_INLINE void storeLanes(const FloatLanes& values, float* out) { std::memcpy(out, &values, sizeof(values)); }

/// Writes eight magnitudes, minus where a bit of `signs` is set.
QS_FORCE_INLINE void storeSigned(const FloatLanes& magnitudes, std::uint32_t signs, float* out) {
  constexpr IntLanes kShifts = {31, 30, 29, 28, 27, 26, 25, 24};
  IntLanes bits;
  std::memcpy(&bits, &magnitudes, sizeof(bits));
  bits ^= ((IntLanes{} + static_cast<std::int32_t>(signs)) << kShifts) & static_cast<std::int32_t>(0x80000000U);
  std::memcpy(out, &bits, sizeof(bits));
}

QS_FORCE_INLINE void decodeIq2Group(std::uint32_t point, std::uint32_t signs, const FloatLanes& levels, float* out) {
  FloatLanes magnitudes;
  unpack<2>(point, levels, magnitudes);
  storeSigned(magnitudes, signs, out);
}

/// Two groups of four.
QS_FORCE_INLINE void decodeIq3Groups(std::uint32_t first, std::uint32_t second, std::uint32_t signs,
                                     const FloatLanes& levels, float* out) {
  FloatLanes magnitudes;
  unpack<3>(first | (second << 12), levels, magnitudes);
  storeSigned(magnitudes, signs, out);
}

QS_FORCE_INLINE void decodeIq1Group(std::uint32_t index, const FloatLanes& levels, float* out) {
  FloatLanes values;
  unpack<2>(kIq1Lattice[index], levels, values);
  storeLanes(values, out);
}

}  // namespace

QS_MULTIVERSION void decodeIQ2_XXS(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                   float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 66, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 8; ++group) {
      const std::uint8_t* indices = blocks + 2 + 8 * group;
      const std::uint32_t signsAndScale = loadU32(indices + 4);
      const FloatLanes levels = d * (0.5F + static_cast<float>(signsAndScale >> 28)) * 0.25F * kIq2Lanes;
      for (unsigned l = 0; l < 4; ++l)
        decodeIq2Group(kIq2XxsLattice[indices[l]], evenSigns((signsAndScale >> (7 * l)) & 127U), levels,
                       out + 32 * group + 8 * l);
    }
  }
}

QS_MULTIVERSION void decodeIQ2_XS(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                  float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 74, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t pair = 0; pair < 16; ++pair) {
      const std::uint32_t scaleBits = (blocks[66 + pair / 2] >> (4 * (pair % 2))) & 0x0fU;
      const FloatLanes levels = d * (0.5F + static_cast<float>(scaleBits)) * 0.25F * kIq2Lanes;
      for (std::size_t group = 2 * pair; group < 2 * pair + 2; ++group) {
        const std::uint32_t code = loadU16(blocks + 2 + 2 * group);
        decodeIq2Group(kIq2XsLattice[code & 511U], evenSigns(code >> 9), levels, out + 8 * group);
      }
    }
  }
}

QS_MULTIVERSION void decodeIQ2_S(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                 float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 82, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t pair = 0; pair < 16; ++pair) {
      const std::uint32_t scaleBits = (blocks[74 + pair / 2] >> (4 * (pair % 2))) & 0x0fU;
      const FloatLanes levels = d * (0.5F + static_cast<float>(scaleBits)) * 0.25F * kIq2Lanes;
      for (std::size_t group = 2 * pair; group < 2 * pair + 2; ++group) {
        const std::uint32_t top = (static_cast<std::uint32_t>(blocks[66 + group / 4]) >> (2 * (group % 4))) & 3U;
        decodeIq2Group(kIq2SLattice[blocks[2 + group] | (top << 8)], blocks[34 + group], levels, out + 8 * group);
      }
    }
  }
}

QS_MULTIVERSION void decodeIQ3_XXS(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                   float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 98, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 8; ++group) {
      const std::uint8_t* indices = blocks + 2 + 8 * group;
      const std::uint32_t signsAndScale = loadU32(blocks + 66 + 4 * group);
      const FloatLanes levels = d * (0.5F + static_cast<float>(signsAndScale >> 28)) * 0.5F * kIq3XxsLanes;
      for (unsigned l = 0; l < 4; ++l)
        decodeIq3Groups(kIq3XxsLattice[indices[2 * l]], kIq3XxsLattice[indices[2 * l + 1]],
                        evenSigns((signsAndScale >> (7 * l)) & 127U), levels, out + 32 * group + 8 * l);
    }
  }
}

QS_MULTIVERSION void decodeIQ3_S(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                 float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 110, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 8; ++group) {
      const std::uint8_t* indices = blocks + 2 + 8 * group;
      const std::uint32_t top = blocks[66 + group];
      const std::uint32_t scaleBits = (blocks[106 + group / 2] >> (4 * (group % 2))) & 0x0fU;
      const FloatLanes levels = d * static_cast<float>(1U + 2U * scaleBits) * kIq3SLanes;
      for (unsigned l = 0; l < 4; ++l)
        decodeIq3Groups(kIq3SLattice[indices[2 * l] | ((top >> (2 * l) & 1U) << 8)],
                        kIq3SLattice[indices[2 * l + 1] | ((top >> (2 * l + 1) & 1U) << 8)], blocks[74 + 4 * group + l],
                        levels, out + 32 * group + 8 * l);
    }
  }
}

QS_MULTIVERSION void decodeIQ1_S(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                 float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 50, out += kValues) {
    const float d = loadHalf(blocks);
    for (std::size_t group = 0; group < 8; ++group) {
      const std::uint32_t high = loadU16(blocks + 34 + 2 * group);
      const FloatLanes levels = d * static_cast<float>(2U * ((high >> 12) & 7U) + 1U) * kIq1Lanes[high >> 15];
      for (unsigned l = 0; l < 4; ++l)
        decodeIq1Group(blocks[2 + 4 * group + l] | (((high >> (3 * l)) & 7U) << 8), levels, out + 32 * group + 8 * l);
    }
  }
}

QS_MULTIVERSION void decodeIQ1_M(const std::uint8_t* __restrict__ blocks, std::size_t blockCount,
                                 float* __restrict__ out) {
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 56, out += kValues) {
    const std::uint8_t* words = blocks + 48;
    std::uint32_t dBits = 0;
    for (unsigned i = 0; i < 4; ++i) dBits |= static_cast<std::uint32_t>(loadU16(words + 2 * i) >> 12) << (4 * i);
    const float d = numeric::halfToFloat(static_cast<std::uint16_t>(dBits));
    for (std::size_t pair = 0; pair < 16; ++pair) {
      const std::uint32_t scaleBits = (loadU16(words + 2 * (pair / 4)) >> (3 * (pair % 4))) & 7U;
      const float scale = d * static_cast<float>(2U * scaleBits + 1U);
      for (unsigned l = 0; l < 2; ++l) {
        const std::uint32_t high = (static_cast<std::uint32_t>(blocks[32 + pair]) >> (4 * l)) & 15U;
        decodeIq1Group(blocks[2 * pair + l] | ((high & 7U) << 8), scale * kIq1Lanes[high >> 3],
                       out + 16 * pair + 8 * l);
      }
    }
  }
}

}  // namespace core::quant
