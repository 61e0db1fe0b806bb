#pragma once
#include <cmath>
#include <random>
#include <vector>

#include "core/quant/calibration.h"
#include "core/quant/methods/hessian.h"

namespace support {

/// What a text might have shown about inputs: columns that go together, some of them larger, one always 0.
inline core::quant::TensorCalibration drawnCalibration(std::uint64_t columns) {
  core::quant::TensorCalibration result;
  core::quant::HessianSum sum(columns);
  result.meanMagnitude.resize(columns), result.maxMagnitude.resize(columns);
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> x(columns);
  constexpr int kSamples = 100;
  for (int sample = 0; sample < kSamples; ++sample) {
    const float common = normal(random);
    for (std::uint64_t c = 0; c < columns; ++c) {
      x[c] = c == 5 ? 0.0F : (normal(random) + common) * (c % 17 == 3 ? 8.0F : 1.0F);
      result.meanMagnitude[c] += std::abs(x[c]) / kSamples;
      result.maxMagnitude[c] = std::max(result.maxMagnitude[c], std::abs(x[c]));
    }
    sum.addRows(x);
    result.inputs.add(x);
  }
  result.hessian = sum.mean();
  result.samples = sum.rows();
  for (std::uint64_t c = 0; c < columns; ++c) result.importance.push_back(result.hessian[c * columns + c]);
  return result;
}

/// The same where the scheme needs one; else nothing is known.
inline core::quant::TensorCalibration drawnCalibration(const core::quant::Scheme& scheme, std::uint64_t columns) {
  return core::quant::calibrationNeed(scheme) == core::quant::CalibrationNeed::None ? core::quant::TensorCalibration()
                                                                                    : drawnCalibration(columns);
}

}  // namespace support
