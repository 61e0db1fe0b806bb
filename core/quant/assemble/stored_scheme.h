#pragma once
#include <vector>

#include "core/io/packed_tensor.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Sets the scheme that expresses what a file holds; a scheme that no text could say is left out.
void setScheme(QuantizedTensor& out, const Scheme& scheme);

/// A format of codes under scales with the default method.
Scheme schemeOf(FormatName name, const Grouping& grouping, ScaleType scales);
/// Of Uniform codes: integers with zero-points where there are any (not whole ones: HQQ's), by the method that chose
/// them.
Scheme integerScheme(const Uniform& codes, MethodName method, ActOrder order = ActOrder::Off);

/// Zero-points into codes: one and the same whole number for all becomes the code that stands for 0.
/// @param zeros one for each scale; u stands for u − zero
void setZeroPoints(Uniform& codes, std::vector<float> zeros);

/// What becomes of the inputs, as the config says, where products with this layout can take them so; the scheme says
/// it, too. Comes after setScheme.
void setInputs(const io::PackedTensor& stored, QuantizedTensor& out);

}  // namespace core::quant
