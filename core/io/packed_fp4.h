#pragma once
#include <cstdint>
#include <optional>

#include "core/io/packed_layouts.h"

namespace core::io {

/// Two E2M1 codes to a byte along the inputs, the first one in the low half, and a scale for each 16 or 32 of them.
///   NVFP4  weight = level · (scale / global)    compressed-tensors: NAME.weight_packed, weight_global_scale
///          weight = level · (scale · global)    ModelOpt: NAME.weight, weight_scale_2
///   MXFP4  weight = level · 2^(scale − 127)     compressed-tensors; gpt-oss: NAME_blocks [experts, out, blocks, 16]
/// Sources: compressed-tensors (nvfp4_quantized.py, mxfp4), ModelOpt (qtensor/nvfp4_tensor.py), transformers
/// (integrations/mxfp4.py); OCP MX 1.0: a scale of 255 is NaN.
struct Fp4Weight {
  bool isNv = false;  ///< else MX
  tensor::Shape shape;
  std::uint64_t groupSize = 32;
  const TensorInfo* scales = nullptr;  ///< FP8 E4M3 of NVFP4, E8M0 of MXFP4
  const TensorInfo* global = nullptr;  ///< NVFP4: one float, or one an expert; null of MXFP4
  bool dividesByGlobal = false;
};
/// @throws Error (InvalidFile) with a clause that says what does not fit
Fp4Weight fp4Weight(const PackedTensor& tensor);
Fp4Weight mxfp4BlocksWeight(const PackedTensor& tensor);

/// The layout of U8 codes with NAME.weight_scale beside them; nothing when they are no FP4.
std::optional<PackedLayout> packedFp4(const PackedTensor& tensor);

}  // namespace core::io
