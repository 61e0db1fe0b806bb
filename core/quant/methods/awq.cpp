#include "core/quant/methods/awq.h"

#include <algorithm>
#include <cmath>

#include "core/quant/methods/awq_clip.h"
#include "core/quant/methods/finite_weights.h"
#include "core/quant/methods/output_error.h"
#include "core/quant/methods/scaled_columns.h"

namespace core::quant {

namespace {

constexpr float kLeastAwqScale = 1e-4F;
constexpr double kSearchPart = 0.7;  // of the time that clipping does not take

std::vector<float> scalesOf(std::span<const float> meanMagnitude, double ratio) {
  std::vector<float> scales(meanMagnitude.size());
  std::transform(meanMagnitude.begin(), meanMagnitude.end(), scales.begin(), [ratio](float mean) {
    return std::max(kLeastAwqScale, static_cast<float>(std::pow(static_cast<double>(mean), ratio)));
  });
  const auto [least, largest] = std::minmax_element(scales.begin(), scales.end());
  const auto unit = static_cast<float>(std::sqrt(static_cast<double>(*least) * static_cast<double>(*largest)));
  for (float& scale : scales) scale /= unit;
  return scales;
}

/// The output error of a weight's round trip under these factors.
double lossOf(const std::vector<float>& weights, const tensor::Shape& shape, const Scheme& rounding,
              const std::vector<float>& scales, std::span<const float> hessian, const JobContext& job) {
  std::vector<float> errors = roundTrip(multiplied(weights, scales), shape, rounding, job.part(0.0, 0.0));
  divide(errors, scales);
  std::transform(errors.begin(), errors.end(), weights.begin(), errors.begin(), std::minus<>());
  return outputError(errors, shape, hessian, job);
}

}  // namespace

AwqFactors sharedAwqFactors(std::span<const QuantizedTensor* const> weights, const Scheme& scheme,
                            const TensorCalibration& calibration, const JobContext& job) {
  const std::uint64_t columns = weights.front()->rowValues();
  const std::string& name = weights.front()->name;
  checkHessian(calibration.hessian, columns, name);
  checkColumns(calibration.meanMagnitude, columns, "the mean magnitude", name);
  double rows = 0;
  for (const QuantizedTensor* weight : weights) rows += static_cast<double>(weight->rows());
  const Scheme rounding = roundingOnly(scheme);
  AwqFactors result;
  double least = INFINITY;
  for (int step = 0; step < kAwqRatios; ++step) {
    job.progress(static_cast<double>(step) / kAwqRatios, "Searching for scales");
    const double ratio = static_cast<double>(step) / kAwqRatios;
    std::vector<float> scales = scalesOf(calibration.meanMagnitude, ratio);
    double loss = 0;
    for (const QuantizedTensor* weight : weights)  // decoded anew: one at a time in memory
      loss += lossOf(finiteWeights(*weight, job.part(0.0, 0.0)), weight->shape, rounding, scales, calibration.hessian,
                     job) *
              static_cast<double>(weight->rows());
    result.losses.push_back(loss / rows);
    if (step != 0 && !(result.losses.back() < least)) continue;
    least = result.losses.back();
    result.ratio = ratio;
    result.scales = std::move(scales);
  }
  return result;
}

AwqFactors stackAwqFactors(std::uint64_t matrices, const tensor::Shape& shape, const Scheme& scheme,
                           std::span<const float> meanMagnitude,
                           const std::function<AwqMember(std::uint64_t, const JobContext&)>& member,
                           const JobContext& job) {
  const Scheme rounding = roundingOnly(scheme);
  std::vector<std::vector<float>> scales;
  for (int step = 0; step < kAwqRatios; ++step)
    scales.push_back(scalesOf(meanMagnitude, static_cast<double>(step) / kAwqRatios));
  AwqFactors result;
  result.losses.assign(kAwqRatios, 0.0);
  double seen = 0;
  for (std::uint64_t i = 0; i < matrices; ++i) {
    const auto count = static_cast<double>(matrices), at = static_cast<double>(i);
    const JobContext part = job.part(at / count, (at + 1) / count);
    const AwqMember of = member(i, part.part(0.0, 0.2));
    if (of.calibration == nullptr) continue;
    const auto times = static_cast<double>(of.calibration->samples);
    seen += times;
    part.progress(0.2, "Searching for scales");
    for (std::size_t step = 0; step < scales.size(); ++step)
      result.losses[step] += times * lossOf(of.weights, shape, rounding, scales[step], of.calibration->hessian, part);
  }
  for (double& loss : result.losses) loss /= std::max(seen, 1.0);
  const auto best = std::ranges::min_element(result.losses) - result.losses.begin();
  result.ratio = static_cast<double>(best) / kAwqRatios;
  result.scales = std::move(scales[static_cast<std::size_t>(best)]);
  return result;
}

std::vector<float> awqWeights(std::span<const float> weights, const tensor::Shape& shape, const Scheme& scheme,
                              const TensorCalibration& calibration, std::span<const float> scales,
                              const JobContext& job) {
  std::vector<float> result = multiplied(weights, scales);
  if (scheme.method.clip == Clip::On) clipGroups(result, shape, roundingOnly(scheme), calibration.hessian, scales, job);
  return result;
}

AwqResult awq(const QuantizedTensor& source, const Scheme& scheme, const TensorCalibration& calibration,
              const JobContext& job) {
  if (source.shape.isEmpty()) return {};
  const QuantizedTensor* const alone = &source;
  AwqFactors found = sharedAwqFactors({&alone, 1}, scheme, calibration, job.part(0.0, kSearchPart));
  AwqResult result;
  result.ratio = found.ratio;
  result.losses = std::move(found.losses);
  result.weights = awqWeights(finiteWeights(source, job.part(kSearchPart, kSearchPart)), source.shape, scheme,
                              calibration, found.scales, job.part(kSearchPart, 1.0));
  result.inputScales = std::move(found.scales);
  return result;
}

}  // namespace core::quant
