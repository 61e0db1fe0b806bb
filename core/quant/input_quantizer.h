#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "core/quant/activations.h"
#include "core/quant/calibration.h"
#include "core/quant/column_changes.h"

namespace core::quant {

/// How the inputs of one linear layer are quantized: its scheme's activations with what a text has shown in them.
struct InputQuantizer {
  ActivationName name = ActivationName::None;
  float scale = 0.0F;          ///< static ones: of an input's code; 0 where the text showed nothing but zeros
  std::int32_t zeroPoint = 0;  ///< Int8Static: the code of 0, −128 … 127
  float threshold = 0.0F;      ///< LlmInt8: |x| from here on is an outlier; 0: nothing is one

  /// Whether inputs become integers, which are multiplied as such; else they stay floats, rounded.
  bool makesCodes() const { return name != ActivationName::Fp8Dynamic && name != ActivationName::Fp8Static; }
  bool operator==(const InputQuantizer&) const = default;
};

/// The quantizer of a layer's inputs; nothing for ActivationName::None. Static ones take the range [low, high] of
/// inputRange(), which holds 0:
///   Int8Static  scale = (high − low) / 255, zeroPoint = round(−128 − low / scale), codes −128 … 127
///               (Jacob et al. 2018, with a signed code)
///   Fp8Static   scale = max(−low, high) / 448, the largest number of FP8 E4M3
/// Where inputs are divided by inputScales first, the range is ± the largest maxMagnitude[c] / inputScales[c], as far
/// as any input had that sign: all that is known of them.
/// @param changes of the weight, or null  @param tensor the weight's name, for the sentence
/// @throws Error (InvalidArgument) when a static one has nothing to go by: no histogram of the inputs, or for
///         percentile and entropy one of inputs that are yet to be divided
std::optional<InputQuantizer> inputQuantizer(const Activations& activations, const TensorCalibration* calibration,
                                             const ColumnChanges* changes, const std::string& tensor);

}  // namespace core::quant
