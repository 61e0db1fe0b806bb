// Repacking of GGUF blocks; how they are stored: core/quant/{ggml_legacy,k_quants,iq4,microscaling,ternary}.h.
#include "gpu/packed_tile.h"

namespace gpu {

namespace {

using core::tensor::DType;

/// Codes of 32 values of which value j and value j + 16 share byte j.
Codes splitNibbles(const std::uint8_t* nibbles, std::uint32_t half) {
  Codes codes{};
  for (std::uint32_t i = 0; i < kUnitValues; ++i) {
    const std::uint8_t byte = nibbles[i / (2 * half) * half + i % half];
    codes[i] = i % (2 * half) < half ? byte & 15U : byte >> 4;
  }
  return codes;
}

/// Four bytes, each with values of its own 2-bit plane: byte j of 32 holds values j, 32 + j, 64 + j, 96 + j.
Codes pairPlane(const std::uint8_t* bytes, std::uint32_t unit) {
  Codes codes{};
  for (std::uint32_t i = 0; i < kUnitValues; ++i) {
    codes[i] = static_cast<std::uint8_t>(bytes[unit / 4 * 32 + i] >> (2 * (unit % 4)) & 3U);
  }
  return codes;
}

/// Digit of a byte of TQ1_0, a fraction of 256: behind `digit` multiplications by 3 what exceeds 255.
std::uint8_t ternaryDigit(std::uint8_t byte, std::uint32_t digit) {
  constexpr std::uint32_t kPowers[] = {1, 3, 9, 27, 81};
  return static_cast<std::uint8_t>((byte * kPowers[digit] & 255U) * 3 >> 8);
}

std::uint8_t tq1Code(const std::uint8_t* block, std::uint32_t value) {
  if (value < 160) return ternaryDigit(block[value % 32], value / 32);
  if (value < 240) return ternaryDigit(block[32 + (value - 160) % 16], (value - 160) / 16);
  return ternaryDigit(block[48 + (value - 240) % 4], (value - 240) / 4);
}

/// Of unit `unit` of a block.
Codes codesOf(DType type, const std::uint8_t* block, std::uint32_t unit) {
  Codes codes{};
  switch (type) {
    case DType::Q4_0:
    case DType::IQ4_NL:
      return splitNibbles(block + 2, 16);
    case DType::Q4_1:
      return splitNibbles(block + 4, 16);
    case DType::Q5_0:
    case DType::Q5_1: {
      block += type == DType::Q5_0 ? 2 : 4;
      codes = splitNibbles(block + 4, 16);
      for (std::uint32_t i = 0; i < kUnitValues; ++i)
        codes[i] |= static_cast<std::uint8_t>((wordAt(block) >> i & 1U) << 4);
      return codes;
    }
    case DType::Q8_0:
      std::memcpy(codes.data(), block + 2, kUnitValues);
      return codes;
    case DType::MXFP4:
      return splitNibbles(block + 1, 16);
    case DType::NVFP4:
      return splitNibbles(block + 4 + 16 * unit, 8);
    case DType::IQ4_XS:
      return splitNibbles(block + 8 + 16 * unit, 16);
    case DType::Q2_K:
      return pairPlane(block + 16, unit);
    case DType::Q3_K:
      codes = pairPlane(block + 32, unit);
      for (std::uint32_t i = 0; i < kUnitValues; ++i)
        codes[i] |= static_cast<std::uint8_t>((block[i] >> unit & 1U) << 2);
      return codes;
    case DType::TQ2_0:
      return pairPlane(block, unit);
    default:
      break;
  }
  for (std::uint32_t i = 0; i < kUnitValues; ++i) {
    const std::uint32_t value = unit * kUnitValues + i;
    std::uint32_t code = 0;
    switch (type) {
      case DType::Q4_K:
        code = block[16 + unit / 2 * 32 + i] >> (4 * (unit % 2)) & 15U;
        break;
      case DType::Q5_K:
        code = (block[48 + unit / 2 * 32 + i] >> (4 * (unit % 2)) & 15U) | (block[16 + i] >> unit & 1U) << 4;
        break;
      case DType::Q6_K: {
        const std::uint32_t half = unit / 4, quarter = unit % 4;
        code = (block[half * 64 + quarter % 2 * 32 + i] >> (quarter >= 2 ? 4 : 0) & 15U) |
               (block[128 + half * 32 + i] >> (2 * quarter) & 3U) << 4;
        break;
      }
      case DType::TQ1_0:
        code = tq1Code(block, value);
        break;
      case DType::Q2_0:
        code = block[2 + value / 4] >> (2 * (value % 4)) & 3U;
        break;
      default:  // Q1_0
        code = block[2 + value / 8] >> (value % 8) & 1U;
    }
    codes[i] = static_cast<std::uint8_t>(code);
  }
  return codes;
}

/// Scales and minima of block b of a row.
void packParams(DType type, const std::uint8_t* block, std::uint32_t b, std::uint32_t blocks, std::uint32_t row,
                PackedTile& tile) {
  const auto packQuad = [&](const std::uint8_t* bytes) {
    for (std::uint32_t w = 0; w < 4; ++w)
      tile.param((std::size_t{b} * kTileRows + row) * 4 + w) = wordAt(bytes + 4 * w);
  };
  const auto packLines = [&](const std::uint8_t* bytes) {
    for (std::uint32_t w = 0; w < 4; ++w) tile.param(std::size_t{b} * 4 + w, row) = wordAt(bytes + 4 * w);
  };
  switch (type) {
    case DType::Q4_1:
    case DType::Q5_1:
      tile.param(b, row) = wordAt(block);
      break;
    case DType::MXFP4:
      tile.setByte(0, b, row, block[0]);
      break;
    case DType::NVFP4:
      tile.param(b, row) = wordAt(block);
      break;
    case DType::Q2_K:
      packLines(block);
      tile.param(std::size_t{blocks} * 4 + b, row) = wordAt(block + 80);
      break;
    case DType::Q3_K: {
      std::uint32_t words[3] = {};
      for (std::uint32_t g = 0; g < 16; ++g) {  // 6-bit scales as in core/quant/k_quants.cpp
        const std::uint8_t* packed = block + 96;
        words[g / 8] |= (packed[g % 8] >> (g / 8 * 4) & 15U) << (4 * (g % 8));
        words[2] |= (packed[8 + g % 4] >> (2 * (g / 4)) & 3U) << (2 * g);
      }
      for (std::uint32_t w = 0; w < 3; ++w) tile.param(std::size_t{b} * 3 + w, row) = words[w];
      tile.setHalf(std::size_t{blocks} * 3, b, row, halfAt(block + 108));
      break;
    }
    case DType::Q4_K:
    case DType::Q5_K:
      packQuad(block);
      break;
    case DType::Q6_K:
      packLines(block + 192);
      tile.setHalf(std::size_t{blocks} * 4, b, row, halfAt(block + 208));
      break;
    case DType::IQ4_XS:
      tile.param(std::size_t{b} * 2, row) = wordAt(block + 4);
      tile.param(std::size_t{b} * 2 + 1, row) = wordAt(block);
      break;
    case DType::TQ1_0:
      tile.setHalf(0, b, row, halfAt(block + 52));
      break;
    case DType::TQ2_0:
      tile.setHalf(0, b, row, halfAt(block + 64));
      break;
    default:
      tile.setHalf(0, b, row, halfAt(block));
  }
}

std::uint32_t bitsOf(const PackedFormat& format) {
  if (format.quads == 2) return 8;
  if (format.quads == 1) return format.highs == 0 ? 4 : format.highs == 1 ? 5 : 6;
  return format.highs;
}

}  // namespace

void packBlockRow(DType type, const std::uint8_t* blocks, const PackedFormat& format, std::uint32_t row,
                  PackedTile& tile) {
  const core::tensor::DTypeInfo& info = core::tensor::info(type);
  const std::uint32_t unitsEach = info.blockValues / kUnitValues, count = format.units / unitsEach;
  for (std::uint32_t b = 0; b < count; ++b) {
    const std::uint8_t* block = blocks + std::size_t{b} * info.blockBytes;
    if (format.hasWideCodes) {
      packWideLatticeBlock(type, block, b, count, row, tile);
      continue;
    }
    if (packLatticeBlock(type, block, b, count, row, tile)) continue;
    for (std::uint32_t u = 0; u < unitsEach; ++u) {
      tile.setCodes(b * unitsEach + u, row, codesOf(type, block, u), bitsOf(format));
    }
    packParams(type, block, b, count, row, tile);
  }
}

}  // namespace gpu
