#include "core/quant/block_bytes.h"
#include "core/quant/i_quants.h"
#include "core/quant/lattice_trace.h"

namespace core::quant {

namespace {

constexpr std::size_t kValues = 256;
constexpr LatticeSpec kIq3Xxs = {.subBlock = 32,
                                 .group = 4,
                                 .bits = 3,
                                 .levels = 8,
                                 .trials = 15,
                                 .step = 0.2F,
                                 .smallest = 1e-8F,
                                 .meanSquares = 2.0F,
                                 .plainWeight = PlainWeight::Square,
                                 .reassign = Reassign::OffLattice,
                                 .signs = Signs::Even,
                                 .start = StartScale::Largest};
constexpr LatticeSpec kIq3S = {.subBlock = 32,
                               .group = 4,
                               .bits = 3,
                               .levels = 8,
                               .trials = 9,
                               .step = 0.2F,
                               .smallest = std::numeric_limits<float>::denorm_min(),
                               .meanSquares = 2.0F,
                               .plainWeight = PlainWeight::Square,
                               .reassign = Reassign::AllIfAnyOffLattice,
                               .signs = Signs::Free,
                               .start = StartScale::Largest};
constexpr float kIq3XxsFudge = 1.0125F;
constexpr float kIq3SFudge = 1.033F;

QS_MULTIVERSION void encodeXxs(const float* values, std::size_t blockCount, const float* importance,
                               std::uint8_t* blocks) {
  const LatticeNeighbours& lattice = iq3XxsNeighbours();
  SearchCopy<kValues> copy;
  LatticeBlock<kIq3Xxs> block;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 98) {
    const std::size_t at = b * kValues;
    const auto input = searchInput<kValues>(values + at, importance != nullptr ? importance + at : nullptr, copy);
    searchBlock<kIq3Xxs>(lattice, input, block);
    storeU16(blocks, finiteHalf(block.scale * kIq3XxsFudge * input.unit));
    for (std::size_t g = 0; g < 64; ++g) blocks[2 + g] = static_cast<std::uint8_t>(block.points[g]);
    for (std::size_t s = 0; s < 8; ++s) {
      std::uint32_t signsAndScale = static_cast<std::uint32_t>(block.scaleCodes[s]) << 28;
      for (std::size_t k = 0; k < 4; ++k) signsAndScale |= (block.signs[4 * s + k] & 127U) << (7 * k);
      storeU32(blocks + 66 + 4 * s, signsAndScale);
    }
  }
}

QS_MULTIVERSION void encodeS(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks) {
  const LatticeNeighbours& lattice = iq3SNeighbours();
  SearchCopy<kValues> copy;
  LatticeBlock<kIq3S> block;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 110) {
    const std::size_t at = b * kValues;
    const auto input = searchInput<kValues>(values + at, importance != nullptr ? importance + at : nullptr, copy);
    searchBlock<kIq3S>(lattice, input, block);
    storeU16(blocks, finiteHalf(block.scale * kIq3SFudge * input.unit));
    std::fill_n(blocks + 66, 8, std::uint8_t{0});
    for (std::size_t g = 0; g < 64; ++g) {
      blocks[2 + g] = static_cast<std::uint8_t>(block.points[g] & 255U);
      blocks[66 + g / 8] = static_cast<std::uint8_t>(blocks[66 + g / 8] | (block.points[g] >> 8) << (g % 8));
    }
    std::copy(block.signs.begin(), block.signs.end(), blocks + 74);
    for (std::size_t s = 0; s < 4; ++s)
      blocks[106 + s] = static_cast<std::uint8_t>(block.scaleCodes[2 * s] | (block.scaleCodes[2 * s + 1] << 4));
  }
}

}  // namespace

BlockTrace traceIq3(tensor::DType dtype, const float* values, const float* importance) {
  if (dtype == tensor::DType::IQ3_XXS)
    return traceLattice<kIq3Xxs>(iq3XxsNeighbours(), values, importance, kIq3XxsFudge);
  return traceLattice<kIq3S>(iq3SNeighbours(), values, importance, kIq3SFudge);
}

void encodeIQ3_XXS(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encodeXxs(values, blockCount, nullptr, blocks);
}

void encodeIQ3_XXSByImportance(const float* values, std::size_t blockCount, const float* importance,
                               std::uint8_t* blocks) {
  encodeXxs(values, blockCount, importance, blocks);
}

void encodeIQ3_S(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encodeS(values, blockCount, nullptr, blocks);
}

void encodeIQ3_SByImportance(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks) {
  encodeS(values, blockCount, importance, blocks);
}

}  // namespace core::quant
