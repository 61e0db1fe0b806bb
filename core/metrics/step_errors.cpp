#include "core/metrics/step_errors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/quant/quantizer.h"

namespace core::metrics {

double StepErrors::variance() const {
  if (inSteps.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const double error : inSteps) sum += error * error;
  return sum / static_cast<double>(inSteps.size());
}

StepErrors stepErrors(std::span<const float> values, std::span<const float> decoded, std::span<const double> levels) {
  StepErrors result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = static_cast<double>(values[i]), stored = static_cast<double>(decoded[i]);
    if (levels.size() < 2 || !std::isfinite(value) || !std::isfinite(stored)) {
      ++result.left;
      continue;
    }
    if (value < levels.front() || value > levels.back()) {
      ++result.beyond;
      continue;
    }
    const auto above = std::min(std::upper_bound(levels.begin(), levels.end(), value), levels.end() - 1);
    result.inSteps.push_back((stored - value) / (*above - *(above - 1)));
  }
  return result;
}

StepErrors stepErrors(const quant::QuantizedTensor& original, const quant::QuantizedTensor& quantized,
                      const quant::FlatRange& range, const JobContext& job) {
  StepErrors result;
  std::vector<float> values, decoded;
  for (std::uint64_t at = range.first, end = range.first + range.count; at < end;) {
    job.throwIfCancelled();
    const quant::Grid grid = quant::gridAround(quantized, at);
    const std::uint64_t count = std::min(std::max(grid.first + grid.count, at + 1), end) - at;
    values.resize(count);
    decoded.resize(count);
    quant::decode(original, at, count, values.data());
    quant::decode(quantized, at, count, decoded.data());
    const StepErrors group = stepErrors(values, decoded, grid.levels);
    result.inSteps.insert(result.inSteps.end(), group.inSteps.begin(), group.inSteps.end());
    result.beyond += group.beyond;
    result.left += group.left;
    at += count;
  }
  return result;
}

}  // namespace core::metrics
