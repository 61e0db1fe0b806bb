#pragma once
#include <cstdint>
#include <string>

#include "core/io/packed_tensor.h"

namespace core::io {

/// What the program that stored a weight does to the inputs it multiplies with it, as its config says.
struct PackedInputs {
  enum class Kind : std::uint8_t { None, Int8Dynamic, Int8Static, Fp8Dynamic, Fp8Static, LlmInt8 };
  Kind kind = Kind::None;
  float scale = 0.0F;          ///< static ones: an input is scale · (code − zeroPoint)
  std::int32_t zeroPoint = 0;  ///< Int8Static
  float threshold = 0.0F;      ///< LlmInt8
  std::string note = {};       ///< kind None although the config says otherwise: how it quantizes them ("to NVFP4")
};

/// Followed are: LLM.int8(); compressed-tensors' symmetric INT8 or FP8, dynamic per token or static per tensor; FP8
/// with an input_scale. All others are noted.
/// @pre the weight was recognised (codes().assembly)
PackedInputs packedInputs(const PackedTensor& tensor);

}  // namespace core::io
