#pragma once
#include <cstdint>
#include <vector>

#include "core/tensor/dtype.h"

namespace gpu {

/// The points of a lattice type as the kernels look them up (shaders/common/lattice.glsl); empty for other types.
///   IQ2  two words per point, IQ3 one: a byte per coordinate, its magnitude above the bit that stands for zero
///   IQ1  two points per word: 8 coordinates of 2 bits each
std::vector<std::uint32_t> latticeWords(core::tensor::DType type);

}  // namespace gpu
