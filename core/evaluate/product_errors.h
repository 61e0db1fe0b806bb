#pragma once
// What measuring the outputs of a plain matrix and of a stack of experts share.
#include <algorithm>
#include <span>
#include <vector>

#include "core/evaluate/estimate.h"
#include "core/quant/quantized_tensor.h"

namespace core::evaluate {

/// Tokens that are computed together, as executors have them from the first of a window on.
inline constexpr std::size_t kBatchTokens = 128;

/// Floats as a matrix; has to be outlived by them.
inline quant::QuantizedTensor asMatrix(std::span<const float> values, const tensor::Shape& shape) {
  quant::QuantizedTensor matrix;
  matrix.shape = shape;
  matrix.layout = quant::Elements{tensor::DType::F32};
  matrix.payload = std::as_bytes(values);
  return matrix;
}

inline double squares(std::span<const float> values) {
  double sum = 0.0;
  for (const float x : values) sum += static_cast<double>(x) * static_cast<double>(x);
  return sum;
}

/// √(Σ errors / Σ powers), both of windows.
inline Estimate relativeNorm(const std::vector<double>& errors, const std::vector<double>& powers) {
  if (std::ranges::all_of(errors, [](double error) { return error == 0.0; })) return {0.0, 0.0};
  BlockRatio ratio;
  for (std::size_t i = 0; i < errors.size(); ++i) ratio.add(errors[i], powers[i]);
  return ratio.root();
}

}  // namespace core::evaluate
