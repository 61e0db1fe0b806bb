#pragma once
#include "core/quant/pack/packed_pieces.h"

namespace core::quant {

/// What bitsandbytes saves of a layer, under the names transformers gives it.
///   nf4, fp4   .weight U8 [⌈n/2⌉, 1], .weight.absmax, .weight.quant_map F32 [16],
///              .weight.quant_state.bitsandbytes__nf4 (or __fp4): JSON, with spaces behind it up to a length that does
///              not depend on what is found; absmax F32, or under double quantization U8 with .weight.nested_absmax F32
///              and .weight.nested_quant_map F32 [256] beside it
///   llm_int8   .weight I8 [out, in], .SCB F32 [out]: the rows' absmax, .weight_format U8 []: 0, rows as they are
/// Source: bitsandbytes 0.50.2 (functional.py QuantState.as_dict, nn/modules.py).
std::vector<PieceSpec> bitsandbytesSpecs(const Scheme& scheme, const tensor::Shape& shape,
                                         const PackSettings& settings);
PieceBytes bitsandbytesPieces(const QuantizedTensor& tensor, const PackSettings& settings);

/// The absmax whose product with bitsandbytes' constant for 1/127 is this scale: of several the one with the fewest
/// digits, which it had where weights are FP16 or BF16.
float llmInt8Absmax(float scale);

}  // namespace core::quant
