#pragma once
#include <cstddef>

#include "core/quant/input_quantizer.h"

namespace core::model::ops {

// A row is a token. Rounding is half to even, products are rounded once, quotients (127 / absmax) correctly, so that
// every device makes the same bits; what a row with NaN or an infinite value makes is NaN (core/quant/row_scale.h).

/// Rows as signed bytes (core/model/coded_row.h).
///   Int8Dynamic  code = round(x · (127 / absmax)), scale = absmax / 127, zero-point 0
///   Int8Static   code = clamp(round(x · (1 / scale)) + zeroPoint, −128, 127) under the quantizer's own scale
///   LlmInt8      columns with any |x| ≥ threshold in these rows are outlier columns: their codes are 0, their bits in
///                the masks 1. Others as Int8Dynamic, absmax being that of all |x| < threshold of the row, outlier
///                columns included; scale = absmax · kLlmInt8InputScale (bitsandbytes, int8_vectorwise_quant)
/// @pre quantizer.makesCodes()  @param out [tokens, CodedRow(width).words()]
void encodeRows(const quant::InputQuantizer& quantizer, const float* in, std::size_t tokens, std::size_t width,
                float* out);

/// Rows as the floats that FP8 E4M3 has under a scale: out = fp8(x · (448 / absmax)) · (absmax / 448) for Fp8Dynamic,
/// fp8(x · (1 / scale)) · scale for Fp8Static. Beyond 448 it saturates.
/// @pre !quantizer.makesCodes()  @param out [tokens, width]
void roundRows(const quant::InputQuantizer& quantizer, const float* in, std::size_t tokens, std::size_t width,
               float* out);

}  // namespace core::model::ops
