#include "core/quant/methods/awq.h"

#include <algorithm>
#include <cmath>

#include "core/quant/methods/awq_clip.h"
#include "core/quant/methods/finite_weights.h"
#include "core/quant/methods/output_error.h"
#include "core/quant/methods/scaled_columns.h"

namespace core::quant {

namespace {

constexpr float kLeastScale = 1e-4F;
constexpr double kSearchPart = 0.7;  // of the time that clipping does not take

std::vector<float> scalesOf(std::span<const float> meanMagnitude, double ratio) {
  std::vector<float> scales(meanMagnitude.size());
  std::transform(meanMagnitude.begin(), meanMagnitude.end(), scales.begin(), [ratio](float mean) {
    return std::max(kLeastScale, static_cast<float>(std::pow(static_cast<double>(mean), ratio)));
  });
  const auto [least, largest] = std::minmax_element(scales.begin(), scales.end());
  const auto unit = static_cast<float>(std::sqrt(static_cast<double>(*least) * static_cast<double>(*largest)));
  for (float& scale : scales) scale /= unit;
  return scales;
}

}  // namespace

AwqResult awq(const QuantizedTensor& source, const Scheme& scheme, const TensorCalibration& calibration,
              const JobContext& job) {
  const std::uint64_t columns = source.rowValues();
  AwqResult result;
  if (source.shape.isEmpty()) return result;
  checkHessian(calibration.hessian, columns, source.name);
  checkColumns(calibration.meanMagnitude, columns, "the mean magnitude", source.name);
  const std::vector<float> weights = finiteWeights(source, job);
  const Scheme rounding = roundingOnly(scheme);
  double least = INFINITY;
  for (int step = 0; step < kAwqRatios; ++step) {
    job.progress(kSearchPart * step / kAwqRatios, "Searching for scales");
    const double ratio = static_cast<double>(step) / kAwqRatios;
    const std::vector<float> scales = scalesOf(calibration.meanMagnitude, ratio);
    std::vector<float> errors = roundTrip(multiplied(weights, scales), source.shape, rounding, job.part(0.0, 0.0));
    divide(errors, scales);
    std::transform(errors.begin(), errors.end(), weights.begin(), errors.begin(), std::minus<>());
    const double loss = outputError(errors, source.shape, calibration.hessian, job);
    result.losses.push_back(loss);
    if (step != 0 && !(loss < least)) continue;
    least = loss;
    result.ratio = ratio;
    result.inputScales = scales;
  }
  result.weights = multiplied(weights, result.inputScales);
  if (scheme.method.clip == Clip::On)
    clipGroups(result.weights, source.shape, rounding, calibration.hessian, result.inputScales,
               job.part(kSearchPart, 1.0));
  return result;
}

}  // namespace core::quant
