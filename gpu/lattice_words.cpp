#include "gpu/lattice_words.h"

#include <span>

#include "core/quant/lattice_tables.h"

namespace gpu {

namespace {

using core::tensor::DType;
using Points = std::span<const std::uint16_t>;

template <typename F>
std::vector<std::uint32_t> wordsOf(Points points, F&& wordOf) {
  std::vector<std::uint32_t> words;
  for (const std::uint32_t point : points) words.push_back(wordOf(point));
  return words;
}

std::vector<std::uint32_t> iq2(Points points) {
  return wordsOf(points, [](std::uint32_t point) {
    std::uint32_t word = 0;
    for (std::uint32_t i = 0; i < 8; ++i) {
      // Of the bits of 0, 17 and 35 only 0, 1, 4 and 5 may be set: the nibble has these.
      const auto above = static_cast<std::uint32_t>(core::quant::kIq2Levels[point >> (2 * i) & 3U]) - 8;
      word |= ((above & 3U) | (above >> 2 & 12U)) << (8 * (i % 4) + 4 * (i / 4));
    }
    return word;
  });
}

/// @param byteOf of a coordinate
template <typename F>
std::vector<std::uint32_t> iq3(Points points, F&& byteOf) {
  return wordsOf(points, [&](std::uint32_t point) {
    std::uint32_t word = 0;
    for (std::uint32_t i = 0; i < 4; ++i) word |= byteOf(point >> (3 * i) & 7U) << (8 * i);
    return word;
  });
}

std::vector<std::uint32_t> iq1(Points points) {
  std::vector<std::uint32_t> words;
  for (std::size_t i = 0; i < points.size(); i += 2) words.push_back(points[i] | std::uint32_t{points[i + 1]} << 16);
  return words;
}

}  // namespace

std::vector<std::uint32_t> latticeWords(DType type) {
  using namespace core::quant;
  switch (type) {
    case DType::IQ2_XXS:
      return iq2(kIq2XxsLattice);
    case DType::IQ2_XS:
      return iq2(kIq2XsLattice);
    case DType::IQ2_S:
      return iq2(kIq2SLattice);
    case DType::IQ3_XXS:
      return iq3(kIq3XxsLattice, [](std::uint32_t k) { return 64 + static_cast<std::uint32_t>(kIq3XxsLevels[k]); });
    case DType::IQ3_S:
      return iq3(kIq3SLattice, [](std::uint32_t k) { return 8 + static_cast<std::uint32_t>(kIq3SLevels[k]) / 2; });
    case DType::IQ1_S:
    case DType::IQ1_M:
      return iq1(kIq1Lattice);
    default:
      return {};
  }
}

}  // namespace gpu
