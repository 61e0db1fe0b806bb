#include "core/quant/methods/folded_columns.h"

#include <algorithm>
#include <memory>

#include "core/quant/methods/awq.h"
#include "core/quant/methods/finite_weights.h"
#include "core/quant/methods/scaled_columns.h"
#include "core/quant/methods/smooth_quant.h"
#include "core/quant/quantizer.h"
#include "core/quant/required_calibration.h"

namespace core::quant {

bool multipliesColumns(const Scheme& scheme) {
  return scheme.method.name == MethodName::Awq || scheme.method.name == MethodName::SmoothQuant;
}

std::vector<float> sharedFactors(const Scheme& scheme, std::span<const QuantizedTensor* const> weights,
                                 const TensorCalibration* calibration, const JobContext& job) {
  requireCalibration(scheme, calibration, weights.front()->name);
  if (scheme.method.name == MethodName::Awq) return sharedAwqFactors(weights, scheme, *calibration, job).scales;
  std::vector<float> maxima;
  for (const QuantizedTensor* weight : weights) {
    const std::vector<float> own = columnMaxima(*weight, job);
    if (maxima.empty()) maxima.assign(own.size(), 0.0F);
    std::transform(own.begin(), own.end(), maxima.begin(), maxima.begin(),
                   [](float a, float b) { return std::max(a, b); });
  }
  return smoothingScales(std::move(maxima), *calibration, scheme.method.smoothing, weights.front()->name);
}

QuantizedTensorPtr quantizeFolded(const Scheme& scheme, const QuantizedTensor& weight,
                                  const TensorCalibration* calibration, std::span<const float> factors,
                                  const JobContext& job) {
  // Nothing is known of the inputs of an expert that no token came by.
  const bool isUnseen = calibration != nullptr && calibration->samples == 0 && calibration->hessian.empty() &&
                        calibrationNeed(scheme) == CalibrationNeed::Hessian;
  if (!isUnseen) requireCalibration(scheme, calibration, weight.name);
  const std::vector<float> values = finiteWeights(weight, job.part(0.0, 0.1));
  const std::vector<float> folded =
      scheme.method.name == MethodName::Awq && !isUnseen
          ? awqWeights(values, weight.shape, scheme, *calibration, factors, job.part(0.1, 0.9))
          : multiplied(values, factors);
  const auto rounded = quantize(roundingOnly(scheme), tensorOf(folded, weight.shape), job.part(0.9, 1.0));
  auto result = std::make_shared<QuantizedTensor>(*rounded);
  result->name = weight.name;
  result->scheme = scheme;
  ColumnChanges changes;  // what the inputs are divided by before they come here
  changes.inputScales.assign(factors.begin(), factors.end());
  result->input = inputQuantizer(scheme.activations, calibration, &changes, weight.name);
  return result;
}

}  // namespace core::quant
