// Repacking of IQ3_XXS and IQ3_S as 4-bit codes: q = 8 + k for coordinate k of a point, or 7 − k where the sign is
// minus.
#include <bit>

#include "core/quant/lattice_tables.h"
#include "gpu/packed_tile.h"

namespace gpu {

namespace {

using core::tensor::DType;

constexpr std::uint32_t kWideUnits = 8;  // per block of 256 values

/// Four codes of a point. @param signs of its values, lowest first
void setPoint(std::uint32_t point, std::uint32_t signs, std::uint8_t* codes) {
  for (std::uint32_t c = 0; c < 4; ++c) {
    const std::uint32_t k = point >> (3 * c) & 7U;
    codes[c] = static_cast<std::uint8_t>((signs >> c & 1U) != 0 ? 7 - k : 8 + k);
  }
}

Codes codesOfXxs(const std::uint8_t* block, std::uint32_t unit, std::uint32_t signs) {
  Codes codes{};
  for (std::uint32_t i = 0; i < 8; ++i) {
    const std::uint32_t seven = signs >> (7 * (i / 2)) & 127U;
    const std::uint32_t eight = seven | (static_cast<std::uint32_t>(std::popcount(seven)) & 1U) << 7;
    setPoint(core::quant::kIq3XxsLattice[block[2 + 8 * unit + i]], eight >> (4 * (i % 2)), &codes[4 * i]);
  }
  return codes;
}

Codes codesOfS(const std::uint8_t* block, std::uint32_t unit) {
  Codes codes{};
  for (std::uint32_t i = 0; i < 8; ++i) {
    const std::uint32_t index = block[2 + 8 * unit + i] | (std::uint32_t{block[66 + unit]} >> i & 1U) << 8;
    setPoint(core::quant::kIq3SLattice[index], block[74 + 4 * unit + i / 2] >> (4 * (i % 2)), &codes[4 * i]);
  }
  return codes;
}

}  // namespace

void packWideLatticeBlock(DType type, const std::uint8_t* bytes, std::uint32_t index, std::uint32_t count,
                          std::uint32_t row, PackedTile& tile) {
  for (std::uint32_t u = 0; u < kWideUnits; ++u) {
    const std::uint32_t unit = index * kWideUnits + u;
    std::uint32_t scale;
    if (type == DType::IQ3_XXS) {
      const std::uint32_t signs = wordAt(bytes + 66 + 4 * u);
      tile.setCodes(unit, row, codesOfXxs(bytes, u, signs), 4);
      scale = signs >> 28;
    } else {
      tile.setCodes(unit, row, codesOfS(bytes, u), 4);
      scale = bytes[106 + u / 2] >> (4 * (u % 2)) & 15U;
    }
    tile.param(index, row) |= scale << (4 * u);
  }
  tile.setHalf(count, index, row, halfAt(bytes));
}

}  // namespace gpu
