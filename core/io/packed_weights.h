#pragma once
#include <span>

#include "core/io/packed_layouts.h"

namespace core::io {

/// Finds the tensors of a checkpoint that was quantized by another program (or by this one as NF4 or FP4): codes get
/// their name ("NF4, packed"), the shape and number of the weights they stand for and the reason why they cannot be
/// read as weights; scales, zero-points and the like get a reason and count no parameters. Goes by names, types and
/// shapes; a quantization_config in the metadata settles what these leave open (bits).
/// @param index tensor name → index
void markPackedWeights(std::span<TensorInfo> tensors, const PackedTensor::Index& index, const Metadata& metadata,
                       const PackedTensor::BytesOf& bytesOf);

}  // namespace core::io
