#include "core/calibrate/input_statistics.h"

#include <algorithm>
#include <cmath>

#include "core/base/parallel.h"

namespace core::calibrate {

namespace {
constexpr std::size_t kGrainValues = 65536;  // below this a thread costs more than it brings
}

void InputStatistics::addRows(std::span<const float> values) {
  const std::size_t count = values.size() / width();
  if (count == 0) return;
  parallelFor(width(), std::max<std::size_t>(kGrainValues / count, 1), [&](std::size_t first, std::size_t last) {
    for (std::size_t row = 0; row < count; ++row) {
      const float* const x = values.data() + row * width();
      for (std::size_t i = first; i < last; ++i) {
        const float magnitude = std::abs(x[i]);
        const auto value = static_cast<double>(magnitude);
        squares[i] += value * value;
        magnitudes[i] += value;
        largest[i] = std::max(largest[i], magnitude);
      }
    }
  });
  inputs.add(values);
  rows += count;
}

quant::TensorCalibration InputStatistics::calibration() const {
  quant::TensorCalibration result;
  const auto count = static_cast<double>(rows);
  for (std::size_t i = 0; i < width(); ++i) {
    result.importance.push_back(static_cast<float>(squares[i] / count));
    result.meanMagnitude.push_back(static_cast<float>(magnitudes[i] / count));
  }
  result.maxMagnitude = largest;
  result.inputs = inputs;
  result.samples = rows;
  return result;
}

}  // namespace core::calibrate
