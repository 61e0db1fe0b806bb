#include "core/quant/explain/gguf_levels.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "core/quant/iq4.h"
#include "core/quant/lattice_tables.h"

namespace core::quant {

namespace {

using tensor::DType;

/// A level for each value that a code or index field speaks of, from its bits.
template <class LevelOf>
std::vector<double> fromFields(const BlockExplanation& block, const LevelOf& levelOf) {
  std::vector<double> levels(block.fields.values);
  for (const BlockField& field : block.fields.fields) {
    if (field.role != FieldRole::Code && field.role != FieldRole::Index) continue;
    const std::uint64_t bits = bitsOf(field, block.bytes);
    for (std::uint32_t v = 0; v < field.valueCount; ++v)
      levels[field.firstValue + v * field.valueStride] = levelOf(field, bits, v);
  }
  return levels;
}

template <class Lattice, class Levels>
std::vector<double> latticeLevels(const BlockExplanation& block, const Lattice& points, const Levels& table,
                                  std::uint32_t width) {
  std::vector<double> levels = fromFields(block, [&](const BlockField&, std::uint64_t index, std::uint32_t v) {
    return static_cast<double>(table[(points[index] >> (width * v)) & ((1U << width) - 1U)]);
  });
  for (const BlockField& field : block.fields.fields) {
    if (field.role != FieldRole::Sign) continue;
    std::uint64_t signs = bitsOf(field, block.bytes);
    if (field.bits() == 7) signs |= static_cast<std::uint64_t>(std::popcount(signs) % 2) << 7;
    for (std::uint32_t v = 0; v < field.valueCount; ++v)
      if (((signs >> v) & 1U) != 0) levels[field.firstValue + v] = -levels[field.firstValue + v];
  }
  return levels;
}

std::vector<double> offsetLatticeLevels(const BlockExplanation& block) {
  std::vector<std::uint32_t> offsets(block.fields.values);
  for (const BlockField& field : block.fields.fields)
    if (field.role == FieldRole::OffsetSign)
      std::fill_n(offsets.begin() + field.firstValue, field.valueCount,
                  static_cast<std::uint32_t>(bitsOf(field, block.bytes)));
  return fromFields(block, [&](const BlockField& field, std::uint64_t index, std::uint32_t v) {
    return static_cast<double>(kIq1Levels[offsets[field.firstValue + v]][(kIq1Lattice[index] >> (2 * v)) & 3U]);
  });
}

/// Digit v of a byte that holds a fraction of 256 (ternary.h), less 1.
double ternaryDigit(const BlockField&, std::uint64_t byte, std::uint32_t v) {
  for (std::uint32_t n = 0; n < v; ++n) byte = byte * 3 % 256;
  return static_cast<double>(byte * 3 / 256) - 1.0;
}

}  // namespace

std::vector<double> ggufLevels(DType dtype, const BlockExplanation& block) {
  switch (dtype) {
    case DType::IQ4_NL:
    case DType::IQ4_XS:
      return fromFields(block, [](const BlockField&, std::uint64_t code, std::uint32_t) {
        return static_cast<double>(kIq4Levels[code]);
      });
    case DType::MXFP4:
    case DType::NVFP4:
      return fromFields(block, [](const BlockField& field, std::uint64_t code, std::uint32_t) {
        return numberOf(field, code) + 0.0;  // code 8 is +0 here
      });
    case DType::Q1_0:
      return fromFields(block,
                        [](const BlockField&, std::uint64_t code, std::uint32_t) { return code != 0 ? 1.0 : -1.0; });
    case DType::TQ1_0:
      return fromFields(block, ternaryDigit);
    case DType::IQ2_XXS:
      return latticeLevels(block, kIq2XxsLattice, kIq2Levels, 2);
    case DType::IQ2_XS:
      return latticeLevels(block, kIq2XsLattice, kIq2Levels, 2);
    case DType::IQ2_S:
      return latticeLevels(block, kIq2SLattice, kIq2Levels, 2);
    case DType::IQ3_XXS:
      return latticeLevels(block, kIq3XxsLattice, kIq3XxsLevels, 3);
    case DType::IQ3_S:
      return latticeLevels(block, kIq3SLattice, kIq3SLevels, 3);
    case DType::IQ1_S:
    case DType::IQ1_M:
      return offsetLatticeLevels(block);
    default:
      return {};
  }
}

std::string ggufCodeSymbol(const BlockFields& fields) {
  for (const BlockField& field : fields.fields)
    if (field.role == FieldRole::Code || field.role == FieldRole::Index) return std::string(field.symbol);
  return "q";
}

}  // namespace core::quant
