#pragma once
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

// AWQ and SmoothQuant for files that have no place for factors: all weights that share an input have the same ones, and
// the layer before divides its outputs by them, once and for all.

/// Whether a scheme's method multiplies columns.
bool multipliesColumns(const Scheme& scheme);

/// The factors that weights of one input share: sharedAwqFactors(), or smoothingScales() of the largest magnitude that
/// any of them has in a column.
/// @pre multipliesColumns(scheme), and the weights are not empty and have equally many columns
/// @throws Error (InvalidArgument) when the calibration does not know what the method asks for; Cancelled
std::vector<float> sharedFactors(const Scheme& scheme, std::span<const QuantizedTensor* const> weights,
                                 const TensorCalibration* calibration, const JobContext& job);

/// A weight whose columns are multiplied by these factors and quantized by the scheme: it gives what it should for
/// inputs that were divided by them.
QuantizedTensorPtr quantizeFolded(const Scheme& scheme, const QuantizedTensor& weight,
                                  const TensorCalibration* calibration, std::span<const float> factors,
                                  const JobContext& job);

}  // namespace core::quant
