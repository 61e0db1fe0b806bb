#include "gpu/packed_tile.h"

namespace gpu {

void PackedTile::setCodes(std::uint32_t unit, std::uint32_t row, const Codes& codes, std::uint32_t bits) {
  // A plane of a few bits of each code: 32 / width of them in a word.
  const auto plane = [&](std::uint32_t shift, std::uint32_t width, const auto& wordOf) {
    const std::uint32_t each = 32 / width, mask = (1U << width) - 1;
    for (std::uint32_t first = 0; first < kUnitValues; first += each) {
      std::uint32_t word = 0;
      for (std::uint32_t i = 0; i < each; ++i) {
        word |= (std::uint32_t{codes[first + i]} >> shift & mask) << (width * i);
      }
      wordOf(first / each) = word;
    }
  };
  const auto quad = [&](std::uint32_t word) -> std::uint32_t& { return quadWord(unit, row, word); };
  const auto high = [&](std::uint32_t word) -> std::uint32_t& { return highWord(unit, row, word); };
  if (bits == 8) plane(0, 8, quad);
  if (bits >= 4 && bits < 8) plane(0, 4, quad);
  if (bits == 5) plane(4, 1, high);
  if (bits == 6) plane(4, 2, high);
  if (bits == 2) plane(0, 2, high);
  if (bits == 1) plane(0, 1, high);
  if (bits != 3 && bits != 7) return;
  for (std::uint32_t i = 0; i < kUnitValues; ++i) {  // a stream: twelve bits per four values
    const std::uint32_t code = codes[i] >> (bits - 3) & 7U, word = 3 * i / 32, shift = 3 * i % 32;
    high(word) |= code << shift;
    if (shift > 29) high(word + 1) |= code >> (32 - shift);
  }
}

void PackedTile::setCodesAcross(std::uint32_t unit, std::uint32_t row, const Codes& codes, std::uint32_t bits) {
  for (std::uint32_t i = 0; i < kUnitValues; ++i) {
    const std::uint32_t place = i / 4 * 4 + row % 4, bit = (row / 4 * 4 + i % 4) * bits;
    const std::uint64_t code = std::uint64_t{codes[i]} << (bit % 32);
    const auto word = [&](std::uint32_t w) -> std::uint32_t& {
      return bits == 4 ? quadWord(unit, place, w) : highWord(unit, place, w);
    };
    word(bit / 32) |= static_cast<std::uint32_t>(code);
    if (code >> 32 != 0) word(bit / 32 + 1) |= static_cast<std::uint32_t>(code >> 32);
  }
}

}  // namespace gpu
