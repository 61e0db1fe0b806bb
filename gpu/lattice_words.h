#pragma once
#include <cstdint>
#include <vector>

#include "core/tensor/dtype.h"

namespace gpu {

/// The points of a lattice type as the kernels look them up (shaders/common/lattice.glsl); empty for other types.
///   IQ2    a word per point, a nibble per coordinate, those of values c and c + 4 side by side
///   IQ3    a word per point, a byte per coordinate: 64 + magnitude; of IQ3_S 8 + k for the magnitude 2k + 1
///   IQ1    two points per word: 8 coordinates of 2 bits each
std::vector<std::uint32_t> latticeWords(core::tensor::DType type);

}  // namespace gpu
