#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"

namespace core::model {

/// What stands beside a matrix NAME.weight in GGUF files whose types have scales of few bits (NVFP4 as converted from
/// ModelOpt and compressed-tensors, BitNet): NAME.scale, one F32 that the product with the matrix is multiplied by
/// before any bias, whatever type the matrix has; and NAME.input_scale, with which a device may quantize the
/// activations: it changes nothing where they are floats, as here. Source: llama.cpp (build_lora_mm; the loader asks
/// for both beside every matrix that multiplies activations, but not beside an embedding).
struct ProductScaleNames {
  std::string scale, inputScale;
};

/// Empty names where `weight` does not end in ".weight".
ProductScaleNames productScaleNames(std::string_view weight);

/// The value of the scale beside a matrix of a GGUF file; nothing where there is none.
/// @throws Error (InvalidFile) naming a scale that is not one finite F32
std::optional<float> productScale(const io::Checkpoint& checkpoint, std::string_view weight);

}  // namespace core::model
