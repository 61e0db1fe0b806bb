#pragma once
#include <cstdint>

namespace core::quant {

/// What becomes of the inputs x of a linear layer before they are multiplied with its weights.
enum class ActivationName : std::uint8_t {
  None,         ///< "none": they stay floats
  Int8Dynamic,  ///< "int8_dynamic": one symmetric scale per token, from its largest magnitude
  Int8Static,   ///< "int8_static": one scale and zero-point per layer, from a range that a text has shown
  Fp8Dynamic,   ///< "fp8_dynamic": FP8 E4M3 under one scale per token
  Fp8Static,    ///< "fp8_static": FP8 E4M3 under one scale per layer, from a range that a text has shown
  LlmInt8  ///< "llm_int8": as Int8Dynamic, but columns with an outlier are multiplied in FP16 (Dettmers et al. 2022)
};

/// How the range of static activations follows from what a text has shown.
enum class ActivationRange : std::uint8_t {
  MinMax,      ///< all of it
  Percentile,  ///< the percentile of |x|, or both tails alike
  Entropy      ///< the range of least KL divergence between the histograms before and after (TensorRT)
};

struct Activations {
  ActivationName name = ActivationName::None;
  ActivationRange range = ActivationRange::MinMax;  ///< static ones
  double percentile = 99.99;                        ///< ActivationRange::Percentile: over 50, at most 100
  float threshold = 6.0F;                           ///< LlmInt8: |x| from here on is an outlier; 0: nothing is one

  bool isStatic() const { return name == ActivationName::Int8Static || name == ActivationName::Fp8Static; }
  bool operator==(const Activations&) const = default;
};

}  // namespace core::quant
