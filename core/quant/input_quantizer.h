#pragma once
#include <cstdint>

#include "core/quant/activations.h"

namespace core::quant {

/// How the inputs of one linear layer are quantized: its scheme's activations with what a text has shown in them.
struct InputQuantizer {
  ActivationName name = ActivationName::None;
  float scale = 0.0F;          ///< static ones: of an input's code
  std::int32_t zeroPoint = 0;  ///< Int8Static: the code of 0, −128 … 127
  float threshold = 0.0F;      ///< LlmInt8: |x| from here on is an outlier; 0: nothing is one

  bool operator==(const InputQuantizer&) const = default;
};

}  // namespace core::quant
