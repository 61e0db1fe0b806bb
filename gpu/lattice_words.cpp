#include "gpu/lattice_words.h"

#include <span>
#include <utility>

#include "core/quant/lattice_tables.h"
#include "gpu/shaders/common/param_words.h"

namespace gpu {

namespace {

using core::tensor::DType;
using Points = std::span<const std::uint16_t>;

/// @param bits per coordinate  @param zero the byte of zero: above every level
std::vector<std::uint32_t> signedBytes(Points points, std::uint32_t bits, std::span<const float> levels,
                                       std::uint32_t zero) {
  std::vector<std::uint32_t> words;
  const std::uint32_t coordinates = bits == 2 ? 8 : 4;
  for (const std::uint16_t point : points) {
    std::uint32_t word = 0;
    for (std::uint32_t i = 0; i < coordinates; ++i) {
      const std::uint32_t level = std::uint32_t{point} >> (bits * i) & ((1U << bits) - 1);
      word |= (zero | static_cast<std::uint32_t>(levels[level])) << (8 * (i % 4));
      if (i % 4 == 3) words.push_back(std::exchange(word, 0U));
    }
  }
  return words;
}

std::vector<std::uint32_t> pairs(Points points) {
  std::vector<std::uint32_t> words;
  for (std::size_t i = 0; i < points.size(); i += 2) words.push_back(points[i] | std::uint32_t{points[i + 1]} << 16);
  return words;
}

}  // namespace

std::vector<std::uint32_t> latticeWords(DType type) {
  using namespace core::quant;
  switch (type) {
    case DType::IQ2_XXS:
      return signedBytes(kIq2XxsLattice, 2, kIq2Levels, kIq2Zero);
    case DType::IQ2_XS:
      return signedBytes(kIq2XsLattice, 2, kIq2Levels, kIq2Zero);
    case DType::IQ2_S:
      return signedBytes(kIq2SLattice, 2, kIq2Levels, kIq2Zero);
    case DType::IQ3_XXS:
      return signedBytes(kIq3XxsLattice, 3, kIq3XxsLevels, kIq3XxsZero);
    case DType::IQ3_S:
      return signedBytes(kIq3SLattice, 3, kIq3SLevels, kIq3SZero);
    case DType::IQ1_S:
    case DType::IQ1_M:
      return pairs(kIq1Lattice);
    default:
      return {};
  }
}

}  // namespace gpu
