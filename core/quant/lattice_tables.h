#pragma once
#include <array>
#include <cstdint>

namespace core::quant {

/// The lattice points that the IQ block types choose from, one packed code per point.
/// IQ2: 8 coordinates of 2 bits (lowest first), k means kIq2Levels[k]. IQ3: 4 coordinates of 3 bits, kIq3…Levels[k].
/// IQ1: 8 coordinates of 2 bits, k means kIq1Levels[offset][k]: k − 1 with ⅛ added or (offset 1) subtracted.
/// Origin: facts of the GGUF format, recovered from the values that ggml 0.25.1 decodes from blocks using every entry
/// once (tests/data/ggml, TYPE.grid); the packing is ours.
inline constexpr std::array<float, 4> kIq2Levels = {8.0F, 25.0F, 43.0F, 0.0F};  // the tables never use code 3
inline constexpr std::array<float, 8> kIq3XxsLevels = {4.0F, 12.0F, 20.0F, 28.0F, 36.0F, 44.0F, 52.0F, 62.0F};
inline constexpr std::array<float, 8> kIq3SLevels = {1.0F, 3.0F, 5.0F, 7.0F, 9.0F, 11.0F, 13.0F, 15.0F};
inline constexpr std::array<std::array<float, 3>, 2> kIq1Levels = {
    {{-0.875F, 0.125F, 1.125F}, {-1.125F, -0.125F, 0.875F}}};

extern const std::array<std::uint16_t, 256> kIq2XxsLattice;
extern const std::array<std::uint16_t, 512> kIq2XsLattice;
extern const std::array<std::uint16_t, 1024> kIq2SLattice;
extern const std::array<std::uint16_t, 256> kIq3XxsLattice;
extern const std::array<std::uint16_t, 512> kIq3SLattice;
extern const std::array<std::uint16_t, 2048> kIq1Lattice;

}  // namespace core::quant
