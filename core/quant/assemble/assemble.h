#pragma once
#include "core/io/packed_tensor.h"
#include "core/quant/quantized_tensor.h"

// Weights of other programs in the layouts of this one, one function per family (core/io/packed_* says how each is
// stored and with which formula it decodes). Each fills layout, payload, column changes, inputs and scheme of a tensor
// that has its name and shape, and whose payload is the stored codes: where these lie as the layout wants them they
// stay, else a copy in another order takes their place, made in parallel. The values are those of the program's formula
// in float32, one rounding an operation; what its kernels round to besides is said with each function.
//
// Sizes, types and indices were checked when the checkpoint was opened; here they are asked for again.
// @throws Error (InvalidFile) where that finds a contradiction after all

namespace core::quant {

/// NF4 and FP4. The program rounds each weight to its compute type (FP16 in its golden files).
void assembleBitsandbytes4(const io::PackedTensor& stored, QuantizedTensor& out);
/// Rows of LLM.int8(): scale = SCB · 7.874015718698502e-3, the program's constant for 1/127, as in quantizeLlmInt8.
void assembleBitsandbytes8(const io::PackedTensor& stored, QuantizedTensor& out);
/// The kernels compute in FP16, as scales are stored.
void assembleGptq(const io::PackedTensor& stored, QuantizedTensor& out);
/// The kernels compute in FP16.
void assembleAwq(const io::PackedTensor& stored, QuantizedTensor& out);
/// compressed-tensors' packed integers. It decodes in the type of the scales, mostly BF16.
void assemblePackedIntegers(const io::PackedTensor& stored, QuantizedTensor& out);
/// FP8 and INT8 under scales. Its programs round each weight to BF16, or multiply products by the scales.
void assembleScaledElements(const io::PackedTensor& stored, QuantizedTensor& out);
/// NVFP4 and MXFP4. Its programs round each weight to BF16, or multiply products by the global scale.
void assemblePackedFp4(const io::PackedTensor& stored, QuantizedTensor& out);
void assembleMxfp4Blocks(const io::PackedTensor& stored, QuantizedTensor& out);
/// The program decodes in its compute type, FP16 or BF16.
void assembleHqq(const io::PackedTensor& stored, QuantizedTensor& out);

}  // namespace core::quant
