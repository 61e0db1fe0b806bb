#include "core/quant/block_bytes.h"
#include "core/quant/i_quants.h"
#include "core/quant/lattice_trace.h"

namespace core::quant {

namespace {

constexpr std::size_t kValues = 256;
constexpr LatticeSpec kIq2Xxs = {.subBlock = 32,
                                 .group = 8,
                                 .bits = 2,
                                 .levels = 3,
                                 .trials = 6,
                                 .step = 0.1F,
                                 .smallest = 1e-15F,
                                 .meanSquares = 1.0F,
                                 .plainWeight = PlainWeight::RootOfBoth,
                                 .reassign = Reassign::All,
                                 .signs = Signs::Even,
                                 .start = StartScale::Fitted};
constexpr LatticeSpec kIq2Xs = {.subBlock = 16,
                                .group = 8,
                                .bits = 2,
                                .levels = 3,
                                .trials = 9,
                                .step = 0.1F,
                                .smallest = 1e-15F,
                                .meanSquares = 1.0F,
                                .plainWeight = PlainWeight::RootOfBoth,
                                .reassign = Reassign::OffLattice,
                                .signs = Signs::Even,
                                .start = StartScale::Largest};
constexpr LatticeSpec kIq2S = {.subBlock = 16,
                               .group = 8,
                               .bits = 2,
                               .levels = 3,
                               .trials = 9,
                               .step = 0.1F,
                               .smallest = 1e-8F,
                               .meanSquares = 2.0F,
                               .plainWeight = PlainWeight::SquareAndMean,
                               .reassign = Reassign::OffLattice,
                               .signs = Signs::Free,
                               .start = StartScale::Largest};
constexpr float kIq2SFudge = 0.9875F;

QS_MULTIVERSION void encodeXxs(const float* values, std::size_t blockCount, const float* importance,
                               std::uint8_t* blocks) {
  const LatticeNeighbours& lattice = iq2XxsNeighbours();
  SearchCopy<kValues> copy;
  LatticeBlock<kIq2Xxs> block;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 66) {
    const std::size_t at = b * kValues;
    const auto input = searchInput<kValues>(values + at, importance != nullptr ? importance + at : nullptr, copy);
    searchBlock<kIq2Xxs>(lattice, input, block);
    storeU16(blocks, finiteHalf(block.scale * input.unit));
    for (std::size_t s = 0; s < 8; ++s) {
      std::uint32_t signsAndScale = static_cast<std::uint32_t>(block.scaleCodes[s]) << 28;
      for (std::size_t k = 0; k < 4; ++k) {
        blocks[2 + 8 * s + k] = static_cast<std::uint8_t>(block.points[4 * s + k]);
        signsAndScale |= (block.signs[4 * s + k] & 127U) << (7 * k);
      }
      storeU32(blocks + 6 + 8 * s, signsAndScale);
    }
  }
}

/// Pairs of 4-bit scales.
template <std::size_t kCount>
QS_FORCE_INLINE void storeScales(const std::array<std::uint8_t, kCount>& codes, std::uint8_t* out) {
  for (std::size_t i = 0; i < kCount / 2; ++i)
    out[i] = static_cast<std::uint8_t>(codes[2 * i] | (codes[2 * i + 1] << 4));
}

QS_MULTIVERSION void encodeXs(const float* values, std::size_t blockCount, const float* importance,
                              std::uint8_t* blocks) {
  const LatticeNeighbours& lattice = iq2XsNeighbours();
  SearchCopy<kValues> copy;
  LatticeBlock<kIq2Xs> block;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 74) {
    const std::size_t at = b * kValues;
    const auto input = searchInput<kValues>(values + at, importance != nullptr ? importance + at : nullptr, copy);
    searchBlock<kIq2Xs>(lattice, input, block);
    storeU16(blocks, finiteHalf(block.scale * input.unit));
    for (std::size_t g = 0; g < 32; ++g)
      storeU16(blocks + 2 + 2 * g, static_cast<std::uint16_t>(block.points[g] | ((block.signs[g] & 127U) << 9)));
    storeScales(block.scaleCodes, blocks + 66);
  }
}

QS_MULTIVERSION void encodeS(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks) {
  const LatticeNeighbours& lattice = iq2SNeighbours();
  SearchCopy<kValues> copy;
  LatticeBlock<kIq2S> block;
  for (std::size_t b = 0; b < blockCount; ++b, blocks += 82) {
    const std::size_t at = b * kValues;
    const auto input = searchInput<kValues>(values + at, importance != nullptr ? importance + at : nullptr, copy);
    searchBlock<kIq2S>(lattice, input, block);
    storeU16(blocks, finiteHalf(block.scale * kIq2SFudge * input.unit));
    std::fill_n(blocks + 66, 8, std::uint8_t{0});
    for (std::size_t g = 0; g < 32; ++g) {
      blocks[2 + g] = static_cast<std::uint8_t>(block.points[g] & 255U);
      blocks[34 + g] = block.signs[g];
      blocks[66 + g / 4] = static_cast<std::uint8_t>(blocks[66 + g / 4] | (block.points[g] >> 8) << (2 * (g % 4)));
    }
    storeScales(block.scaleCodes, blocks + 74);
  }
}

}  // namespace

BlockTrace traceIq2(tensor::DType dtype, const float* values, const float* importance) {
  switch (dtype) {
    case tensor::DType::IQ2_XXS:
      return traceLattice<kIq2Xxs>(iq2XxsNeighbours(), values, importance, 1.0F);
    case tensor::DType::IQ2_XS:
      return traceLattice<kIq2Xs>(iq2XsNeighbours(), values, importance, 1.0F);
    default:
      return traceLattice<kIq2S>(iq2SNeighbours(), values, importance, kIq2SFudge);
  }
}

void encodeIQ2_XXS(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encodeXxs(values, blockCount, nullptr, blocks);
}

void encodeIQ2_XXSByImportance(const float* values, std::size_t blockCount, const float* importance,
                               std::uint8_t* blocks) {
  encodeXxs(values, blockCount, importance, blocks);
}

void encodeIQ2_XS(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encodeXs(values, blockCount, nullptr, blocks);
}

void encodeIQ2_XSByImportance(const float* values, std::size_t blockCount, const float* importance,
                              std::uint8_t* blocks) {
  encodeXs(values, blockCount, importance, blocks);
}

void encodeIQ2_S(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encodeS(values, blockCount, nullptr, blocks);
}

void encodeIQ2_SByImportance(const float* values, std::size_t blockCount, const float* importance,
                             std::uint8_t* blocks) {
  encodeS(values, blockCount, importance, blocks);
}

}  // namespace core::quant
