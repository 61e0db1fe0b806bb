#pragma once
#include <array>
#include <cstdint>

namespace core::quant {

/// The lattice points that the IQ block types choose from, one packed code per point.
/// IQ2: 8 coordinates of 2 bits, value k of a coordinate (lowest bits first) means {8, 25, 43}[k].
/// IQ3_XXS: 4 coordinates of 3 bits, {4, 12, 20, 28, 36, 44, 52, 62}[k]. IQ3_S: 4 coordinates of 3 bits, 2k + 1.
/// IQ1: 8 coordinates of 2 bits, k − 1.
/// Origin: facts of the GGUF format, recovered from the values that ggml 0.25.1 decodes from blocks using every entry
/// once (tests/data/ggml, TYPE.grid); the packing is ours.
extern const std::array<std::uint16_t, 256> kIq2XxsLattice;
extern const std::array<std::uint16_t, 512> kIq2XsLattice;
extern const std::array<std::uint16_t, 1024> kIq2SLattice;
extern const std::array<std::uint16_t, 256> kIq3XxsLattice;
extern const std::array<std::uint16_t, 512> kIq3SLattice;
extern const std::array<std::uint16_t, 2048> kIq1Lattice;

}  // namespace core::quant
