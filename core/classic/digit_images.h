#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace core::classic {

constexpr std::size_t kDigitSide = 16, kDigitClasses = 10;

/// A drawn digit: pixels row by row from the top, 0 is paper and 255 is ink.
struct DigitImage {
  std::array<std::uint8_t, kDigitSide * kDigitSide> pixels{};
  std::uint32_t label = 0;  ///< 0 … 9

  /// The input of a network: [1, 16, 16], pixel / 255.
  std::vector<float> values() const;
};

/// Image `index` of an endless series: a 5 × 7 glyph, scaled, slanted, tilted and moved, in paler or darker ink on
/// paler or darker paper, under noise. Integers alone: the same on every machine. The network was trained on seed 1.
DigitImage drawDigit(std::uint64_t seed, std::uint64_t index);

constexpr std::uint64_t kTrainingSeed = 1, kHeldOutSeed = 2;

}  // namespace core::classic
