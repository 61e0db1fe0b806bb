// Repacking of the GGUF lattice types; how they are stored: core/quant/i_quants.h.
#include "gpu/packed_tile.h"

namespace gpu {

namespace {

using core::tensor::DType;

constexpr std::uint32_t kUnits = 8;  // per block of 256 values

/// The signs of a unit where the kernels want them: bit 8c + m is of value 4m + c. @param eight of eight values each
std::uint32_t transposed(const std::uint8_t (&eight)[4]) {
  std::uint32_t word = 0;
  for (std::uint32_t i = 0; i < kUnitValues; ++i) word |= (eight[i / 8] >> (i % 8) & 1U) << (8 * (i % 4) + i / 4);
  return word;
}

/// Four times seven signs: the places of the eighth ones, which follow from the others, hold four other bits.
std::uint32_t transposed(std::uint32_t sevens, std::uint32_t others) {
  std::uint8_t eight[4];
  for (std::uint32_t l = 0; l < 4; ++l) {
    eight[l] = static_cast<std::uint8_t>((sevens >> (7 * l) & 127U) | (others >> l & 1U) << 7);
  }
  return transposed(eight);
}

struct Block {
  const std::uint8_t* bytes;
  std::uint32_t index;  ///< in the row
  std::uint32_t count;  ///< per row
  std::uint32_t row;    ///< of the tile
  /// Lines of the params that hold 16 bits of each unit.
  std::size_t extraLines() const { return std::size_t{count} * kUnits / 2; }
};

void packIQ2_XXS(const Block& block, PackedTile& tile) {
  for (std::uint32_t u = 0; u < kUnits; ++u) {
    const std::uint32_t unit = block.index * kUnits + u, signs = wordAt(block.bytes + 2 + 8 * u + 4);
    tile.highWord(unit, block.row, 0) = wordAt(block.bytes + 2 + 8 * u);
    tile.highWord(unit, block.row, 1) = transposed(signs, signs >> 28);
  }
  tile.setHalf(0, block.index, block.row, halfAt(block.bytes));
}

void packIQ2_XS(const Block& block, PackedTile& tile) {
  for (std::uint32_t u = 0; u < kUnits; ++u) {
    const std::uint32_t unit = block.index * kUnits + u;
    std::uint32_t signs = 0, ninths = 0;
    for (std::uint32_t l = 0; l < 4; ++l) {
      const std::uint32_t code = halfAt(block.bytes + 2 + 8 * u + 2 * l);
      tile.highWord(unit, block.row, 0) |= (code & 255U) << (8 * l);
      signs |= (code >> 9) << (7 * l);
      ninths |= (code >> 8 & 1U) << l;
    }
    tile.highWord(unit, block.row, 1) = transposed(signs, ninths);
  }
  for (std::uint32_t w = 0; w < 2; ++w) {
    tile.param(std::size_t{block.index} * 2 + w, block.row) = wordAt(block.bytes + 66 + 4 * w);
  }
  tile.setHalf(std::size_t{block.count} * 2, block.index, block.row, halfAt(block.bytes));
}

void packIQ2_S(const Block& block, PackedTile& tile) {
  for (std::uint32_t u = 0; u < kUnits; ++u) {
    const std::uint32_t unit = block.index * kUnits + u;
    const std::uint8_t* signs = block.bytes + 34 + 4 * u;
    tile.highWord(unit, block.row, 0) = wordAt(block.bytes + 2 + 4 * u);
    tile.highWord(unit, block.row, 1) = transposed({signs[0], signs[1], signs[2], signs[3]});
    tile.setHalf(0, unit, block.row, block.bytes[66 + u] | std::uint32_t{block.bytes[74 + u]} << 8);
  }
  tile.setHalf(block.extraLines(), block.index, block.row, halfAt(block.bytes));
}

void packIQ3_XXS(const Block& block, PackedTile& tile) {
  for (std::uint32_t u = 0; u < kUnits; ++u) {
    const std::uint32_t unit = block.index * kUnits + u, signs = wordAt(block.bytes + 66 + 4 * u);
    for (std::uint32_t w = 0; w < 2; ++w) {
      tile.highWord(unit, block.row, w) = wordAt(block.bytes + 2 + 8 * u + 4 * w);
    }
    tile.highWord(unit, block.row, 2) = transposed(signs, signs >> 28);
  }
  tile.setHalf(0, block.index, block.row, halfAt(block.bytes));
}

void packIQ3_S(const Block& block, PackedTile& tile) {
  for (std::uint32_t u = 0; u < kUnits; ++u) {
    const std::uint32_t unit = block.index * kUnits + u;
    const std::uint8_t* signs = block.bytes + 74 + 4 * u;
    for (std::uint32_t w = 0; w < 2; ++w) {
      tile.highWord(unit, block.row, w) = wordAt(block.bytes + 2 + 8 * u + 4 * w);
    }
    tile.highWord(unit, block.row, 2) = transposed({signs[0], signs[1], signs[2], signs[3]});
    const std::uint32_t scale = block.bytes[106 + u / 2] >> (4 * (u % 2)) & 15U;
    tile.setHalf(0, unit, block.row, block.bytes[66 + u] | scale << 8);
  }
  tile.setHalf(block.extraLines(), block.index, block.row, halfAt(block.bytes));
}

void packIQ1_S(const Block& block, PackedTile& tile) {
  for (std::uint32_t u = 0; u < kUnits; ++u) {
    const std::uint32_t unit = block.index * kUnits + u;
    tile.highWord(unit, block.row, 0) = wordAt(block.bytes + 2 + 4 * u);
    tile.setHalf(0, unit, block.row, halfAt(block.bytes + 34 + 2 * u));
  }
  tile.setHalf(block.extraLines(), block.index, block.row, halfAt(block.bytes));
}

void packIQ1_M(const Block& block, PackedTile& tile) {
  for (std::uint32_t u = 0; u < kUnits; ++u) {
    const std::uint32_t unit = block.index * kUnits + u;
    tile.highWord(unit, block.row, 0) = wordAt(block.bytes + 4 * u);
    tile.setHalf(0, unit, block.row, halfAt(block.bytes + 32 + 2 * u));
  }
  for (std::uint32_t w = 0; w < 2; ++w) {
    tile.param(block.extraLines() + std::size_t{block.index} * 2 + w, block.row) = wordAt(block.bytes + 48 + 4 * w);
  }
}

}  // namespace

bool packLatticeBlock(DType type, const std::uint8_t* bytes, std::uint32_t index, std::uint32_t count,
                      std::uint32_t row, PackedTile& tile) {
  const Block block{bytes, index, count, row};
  switch (type) {
    case DType::IQ2_XXS:
      packIQ2_XXS(block, tile);
      return true;
    case DType::IQ2_XS:
      packIQ2_XS(block, tile);
      return true;
    case DType::IQ2_S:
      packIQ2_S(block, tile);
      return true;
    case DType::IQ3_XXS:
      packIQ3_XXS(block, tile);
      return true;
    case DType::IQ3_S:
      packIQ3_S(block, tile);
      return true;
    case DType::IQ1_S:
      packIQ1_S(block, tile);
      return true;
    case DType::IQ1_M:
      packIQ1_M(block, tile);
      return true;
    default:
      return false;
  }
}

}  // namespace gpu
