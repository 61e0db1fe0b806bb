#include "core/quant/methods/smooth_quant.h"

#include <algorithm>
#include <cmath>

#include "core/quant/methods/finite_weights.h"
#include "core/quant/tensor_rows.h"

namespace core::quant {

namespace {

constexpr double kLeastMaximum = 1e-5;
constexpr double kLargestWeight = 0x1p100;  // so that what is divided afterwards stays within float32

}  // namespace

std::vector<float> columnMaxima(const QuantizedTensor& source, const JobContext& job) {
  const std::uint64_t columns = source.rowValues();
  PerThread<std::vector<float>> partial(std::vector<float>(columns, 0.0F));
  forEachChunk(source.rows(), itemsPerChunk(columns), job, "Reading", [&](std::uint64_t first, std::uint64_t rows) {
    std::vector<float>& maxima = partial.local();
    std::vector<float> row(columns);
    for (std::uint64_t r = first; r < first + rows; ++r) {
      finiteWeights(source, r * columns, row);
      for (std::uint64_t c = 0; c < columns; ++c) maxima[c] = std::max(maxima[c], std::fabs(row[c]));
    }
  });
  std::vector<float> maxima(columns, 0.0F);
  partial.forEach([&](const std::vector<float>& part) {
    for (std::uint64_t c = 0; c < columns; ++c) maxima[c] = std::max(maxima[c], part[c]);
  });
  return maxima;
}

std::vector<float> smoothingScales(const QuantizedTensor& source, const TensorCalibration& calibration, double alpha,
                                   const JobContext& job) {
  return smoothingScales(columnMaxima(source, job), calibration, alpha, source.name);
}

std::vector<float> smoothingScales(std::vector<float> columnMaxima, const TensorCalibration& calibration, double alpha,
                                   const std::string& name) {
  std::vector<float> scales = std::move(columnMaxima);
  checkColumns(calibration.maxMagnitude, scales.size(), "the largest magnitude", name);
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const double weight = static_cast<double>(scales[c]), input = static_cast<double>(calibration.maxMagnitude[c]);
    scales[c] = weight == 0.0 || input == 0.0 || weight > kLargestWeight
                    ? 1.0F
                    : static_cast<float>(std::pow(std::max(input, kLeastMaximum), alpha) /
                                         std::pow(std::max(weight, kLeastMaximum), 1.0 - alpha));
  }
  return scales;
}

}  // namespace core::quant
