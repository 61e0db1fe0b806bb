#pragma once
#include <cstdint>
#include <vector>

#include "core/io/packed_tensor.h"
#include "core/io/scale_grid.h"

namespace core::io {

/// A weight of compressed-tensors' pack-quantized. Row r of NAME.weight_packed is a stream of codes u, lowest bit first
/// (before version 0.18, of 32 / bits whole codes to a word); NAME.weight_shape says how many columns there are.
///   weight[r, c] = scale · (u − 2^(bits − 1) − zero)
/// Zero-points are packed like the codes, along the outputs, or signed bytes.
/// Source: compressed-tensors (pack_quantized.py, quantization/lifecycle/forward.py).
struct PackedIntegerWeight {
  std::uint32_t bits = 4;  ///< 1 … 8
  std::uint64_t rows = 0, columns = 0, words = 0;
  bool isStream = true;  ///< codes of 3, 5, 6 and 7 bits run across words
  ScaleGrid grid;
  const TensorInfo* scales = nullptr;
  const TensorInfo* zeros = nullptr;  ///< null: 0
  std::vector<std::uint32_t> order;   ///< the columns sorted by group; empty where they lie so

  /// The bit at which code `index` of a stream begins.
  std::uint64_t bitOf(std::uint64_t index) const {
    const std::uint64_t perWord = 32 / bits;
    return isStream ? index * bits : index / perWord * 32 + index % perWord * bits;
  }
};
/// @throws Error (InvalidFile) with a clause that says what does not fit
PackedIntegerWeight packedIntegerWeight(const PackedTensor& tensor);

/// FP8 or INT8 elements in NAME.weight (or NAME, of experts in one tensor) under scales:
///   weight = element · scale,   or (element − zero) · scale
/// Sources: compressed-tensors (naive_quantized.py: float-quantized, int-quantized), DeepSeek-V3 (inference/kernel.py,
/// weight_dequant: weight_scale_inv multiplies, too), ModelOpt, FBGEMM.
struct ScaledWeight {
  ScaleGrid grid;
  const TensorInfo* scales = nullptr;
  const TensorInfo* zeros = nullptr;  ///< of INT8: signed bytes, as many as scales; null: 0
};
ScaledWeight scaledElementsWeight(const PackedTensor& tensor);

}  // namespace core::io
