#pragma once
#include <cstdint>

#include "core/io/packed_tensor.h"

namespace core::io {

/// A weight of HQQ with axis=1: the weights, row-major, fall into groups of `groupSize`, which are the rows of a matrix
/// of codes [groups, groupSize]. Its rows are cut into as many equal parts as codes fit into a byte (3 bits: ten into
/// 32 bits), and part p of them has the p-th highest bits of NAME.W_q.
///   weight = (u − zero) · scale,   one of each for a group
/// Source: mobiusml/hqq (core/bitpack.py, core/quantize.py).
struct HqqWeight {
  std::uint32_t bits = 4;  ///< 1, 2, 3, 4 or 8
  std::uint64_t rows = 0, columns = 0;
  std::uint64_t groupSize = 0, groups = 0;
  std::uint64_t parts = 2, partRows = 0;  ///< codes to a byte or word, and rows of codes in each part
  const TensorInfo* scales = nullptr;     ///< [groups, 1]
  const TensorInfo* zeros = nullptr;
};
/// @throws Error (InvalidFile) with a clause that says what does not fit
HqqWeight hqqWeight(const PackedTensor& tensor);

}  // namespace core::io
