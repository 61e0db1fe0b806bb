#pragma once
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Whether blocks of this type are integers under a scale and nothing else, so that products with integers are exact:
/// Q4_0 and Q5_0 with code 8 and 16 for 0, Q8_0 with signed codes.
bool areIntegerBlocks(tensor::DType dtype);

/// Whether blocks of this type are integers under FP16 (MXFP4: power-of-two) scales and minima, whose groups may have
/// integer scales and minima of their own: Q4_1, Q5_1, the K types from Q2_K to Q6_K, IQ4_NL, IQ4_XS and MXFP4. The CPU
/// multiplies them with integers as they lie (core/model/ops/multiply_blocks.h); other devices do not.
bool areScaledIntegerBlocks(tensor::DType dtype);

/// A tensor whose inputs become integers (InputQuantizer::makesCodes) as products of integers want it: of such blocks
/// the same codes and FP16 scales in the Uniform layout, which decode to the same bits and take as many bytes. Itself
/// where nothing is to be done. What is written to files keeps its blocks: this is for what runs.
QuantizedTensorPtr asIntegers(QuantizedTensorPtr tensor);

}  // namespace core::quant
