#pragma once
#include "core/quant/pack/packed_pieces.h"

namespace core::quant {

/// Which of the formats of compressed-tensors a scheme is written in.
enum class CompressedFormat : std::uint8_t {
  PackQuantized,       ///< INT4 and INT8 weights
  IntQuantized,        ///< INT8 weights and inputs
  FloatQuantized,      ///< FP8 E4M3 weights, with or without such inputs
  NvFp4PackQuantized,  ///< nv_e2m1
  MxFp4PackQuantized   ///< mx_e2m1
};
/// "pack-quantized", …
std::string_view toString(CompressedFormat format);
/// @pre whyNotCompressedTensors(scheme) is empty
CompressedFormat compressedFormat(const Scheme& scheme);
/// A sentence; empty when it can hold the scheme.
std::string whyNotCompressedTensors(const Scheme& scheme);

/// What compressed-tensors saves of a layer.
///   pack-quantized   .weight_packed I32 [out, ⌈in · bits / 32⌉]: code + 2^(bits−1), lowest bits first;
///                    .weight_scale [out, groups], .weight_shape I64 [2]; asymmetric: .weight_zero_point
///                    I32 [⌈out · bits / 32⌉, groups], packed along the outputs; act-order: .weight_g_idx I32 [in]
///   int-quantized    .weight I8 [out, in], .weight_scale F32 [out, 1] or [1]
///   float-quantized  .weight F8_E4M3 [out, in], .weight_scale F32 [out, 1], [1] or [⌈out/128⌉, ⌈in/128⌉]
///   nvfp4            .weight_packed U8 [out, in/2], the even column in the low half; .weight_scale F8_E4M3
///                    [out, in/16]; .weight_global_scale F32 [1], what scales are divided by
///   mxfp4            .weight_packed likewise, .weight_scale U8 [out, in/32]: exponent + 127
/// Static inputs: .input_scale F32 [1], for integers .input_zero_point I8 [1].
/// Source: compressed-tensors (compressors: pack_quantized, naive_quantized, nvfp4, mxfp4).
std::vector<PieceSpec> compressedSpecs(const Scheme& scheme, const tensor::Shape& shape);
PieceBytes compressedPieces(const QuantizedTensor& tensor);

}  // namespace core::quant
