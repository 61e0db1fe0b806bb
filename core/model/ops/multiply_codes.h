#pragma once
#include <cstddef>
#include <span>

#include "core/model/ops/matmul.h"
#include "core/quant/quantized_tensor.h"

namespace core::model::ops {

/// out[t] = weight · in[t] (+ bias) with both sides integers. With code u of weight (r, c) under scale s and code z of
/// 0 there (zero-point − qmin), and code q of input (t, c) under scale S and zero-point Z:
///   I(t, r, g) = Σ_c (q − Z) · (u − z)                    in 32 bits, over the columns c of run g: a group, of at most
///                                                         kMostSummed columns
///   out = (Σ_g float(I) · s) · S                          in float32, in the order of kChains (code_kernels.h); times
///                                                         the tensor's factor, if it has one, before S
///       + Σ_o fp16(x) · (s · (u − z)) (· factor)          of the outlier columns o, one after the other, from 0 on
///       + bias                                            and rounded to the type that products with it run in
/// The same bits on every device and with any number of threads.
/// @param weight of Uniform layout, in groups along the row; whole zero-points within the codes. Or blocks of GGUF that
///        are multiplied by a formula of their own (multiply_blocks.h). Used as it lies
/// @param bias [outWidth] or empty  @param in [tokens] rows of CodedRow  @param floats what they were made of,
///        [tokens, inWidth]; null where nothing is an outlier  @param out [tokens, outWidth]
void multiplyCodes(const quant::QuantizedTensor& weight, std::span<const float> bias, const float* in,
                   const float* floats, std::size_t tokens, float* out);
/// The same with some rows of the weight. @param bias [rows.count] or empty  @param out [tokens, rows.count]
void multiplyCodesRows(const quant::QuantizedTensor& weight, const RowRange& rows, std::span<const float> bias,
                       const float* in, const float* floats, std::size_t tokens, float* out);

/// 255 · 255 · 2^15 < 2^31
inline constexpr std::size_t kMostSummed = 32768;

}  // namespace core::model::ops
