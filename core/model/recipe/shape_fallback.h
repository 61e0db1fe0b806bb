#pragma once
#include <cstdint>
#include <string>

#include "core/tensor/dtype.h"

namespace core::model {

/// What is stored where a type was chosen whose blocks a row does not fill.
struct ShapeFallback {
  tensor::DType type;
  std::string why;  ///< empty when the chosen type fits: "rows of 1440 values are not whole blocks of q4_k (256)"
};

/// As llama.cpp's quantizer falls back: from super-blocks to a type of blocks of 32 that is not worse, from there to
/// F16.
ShapeFallback fallbackFor(tensor::DType chosen, std::uint64_t rowValues);

}  // namespace core::model
