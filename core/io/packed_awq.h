#pragma once
#include <cstdint>

#include "core/io/packed_tensor.h"

namespace core::io {

/// How AutoAWQ lays 4-bit codes out.
enum class AwqPacking : std::uint8_t {
  Gemm,  ///< NAME.qweight [inputs, outputs / 8]: nibble i of a word is output 8w + (0, 2, 4, 6, 1, 3, 5, 7)[i]
  Gemv   ///< NAME.qweight [outputs, inputs / 8]: nibbles along the inputs, in order
};

///   weight[r, c] = scale · (u − zero),   one of each for c's group
/// Source: AutoAWQ 0.2 (modules/linear/gemm.py, gemv.py).
struct AwqWeight {
  AwqPacking packing = AwqPacking::Gemm;
  std::uint64_t rows = 0, columns = 0;
  std::uint64_t groupSize = 0, groups = 0;
  const TensorInfo* scales = nullptr;  ///< Gemm: [groups, rows]; Gemv: [rows, at least groups]
  const TensorInfo* zeros = nullptr;   ///< Gemm: [groups, rows / 8], in the order of the codes; Gemv: [rows, words]
};
/// @throws Error (InvalidFile) with a clause that says what does not fit
AwqWeight awqWeight(const PackedTensor& tensor);

}  // namespace core::io
