#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/tensor/dtype.h"
#include "gpu/packed_format.h"

namespace gpu {

/// Codes of a unit before they are packed.
using Codes = std::array<std::uint8_t, kUnitValues>;

/// Little-endian fields of a stored block.
inline std::uint32_t wordAt(const std::uint8_t* bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}
inline std::uint32_t halfAt(const std::uint8_t* bytes) { return bytes[0] | std::uint32_t{bytes[1]} << 8; }

/// One tile being written: where each part of it lies. All words are zero at first.
class PackedTile {
 public:
  PackedTile(const PackedFormat& format, std::span<std::uint32_t> words) : m_format(format), m_words(words) {}

  std::uint32_t& quadWord(std::uint32_t unit, std::uint32_t row, std::uint32_t word) {
    return m_words[((std::size_t{unit} * m_format.quads + word / 4) * kTileRows + row) * 4 + word % 4];
  }
  std::uint32_t& highWord(std::uint32_t unit, std::uint32_t row, std::uint32_t word) {
    return m_words[std::size_t{m_format.units} * m_format.quads * kTileRows * 4 +
                   (std::size_t{unit} * m_format.highs + word) * kTileRows + row];
  }
  /// A word of the params, which lie in rows of kTileRows words.
  std::uint32_t& param(std::size_t line, std::uint32_t row) { return param(line * kTileRows + row); }
  std::uint32_t& param(std::size_t word) { return m_words[m_words.size() - m_format.paramWords + word]; }

  /// 16 bits of entry i: two entries share a word, of the lines from `line` on.
  void setHalf(std::size_t line, std::uint32_t i, std::uint32_t row, std::uint32_t half) {
    param(line + i / 2, row) |= half << (16 * (i % 2));
  }
  /// 8 bits of entry i: four entries share a word.
  void setByte(std::size_t line, std::uint32_t i, std::uint32_t row, std::uint32_t byte) {
    param(line + i / 4, row) |= byte << (8 * (i % 4));
  }

  /// Codes into their planes. @param bits 1 … 8
  void setCodes(std::uint32_t unit, std::uint32_t row, const Codes& codes, std::uint32_t bits);
  /// Codes where shaders/dequant/learned.glsl wants them. @param bits 2 … 4
  void setCodesAcross(std::uint32_t unit, std::uint32_t row, const Codes& codes, std::uint32_t bits);

 private:
  const PackedFormat& m_format;
  std::span<std::uint32_t> m_words;
};

/// One row of a GGUF block type into a tile.
/// @param blocks the row as it is stored  @param row of the tile
void packBlockRow(core::tensor::DType type, const std::uint8_t* blocks, const PackedFormat& format, std::uint32_t row,
                  PackedTile& tile);

/// The same of one block of the lattice types.
/// @param index of the block in its row  @param count blocks per row  @return false for any other type
bool packLatticeBlock(core::tensor::DType type, const std::uint8_t* bytes, std::uint32_t index, std::uint32_t count,
                      std::uint32_t row, PackedTile& tile);

/// One block of IQ3_XXS or IQ3_S as 4-bit codes (dequant/iq3_s_codes.glsl, iq3_xxs_codes.glsl).
void packWideLatticeBlock(core::tensor::DType type, const std::uint8_t* bytes, std::uint32_t index, std::uint32_t count,
                          std::uint32_t row, PackedTile& tile);

}  // namespace gpu
