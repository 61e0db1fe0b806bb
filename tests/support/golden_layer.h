#pragma once
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/quant/methods/hessian.h"
#include "core/quant/quantizer.h"
#include "support/golden.h"

namespace support {

/// The layer of tests/data/gptq_awq: weights [64, 256] and 512 inputs.
struct GoldenLayer {
  static constexpr std::size_t kRows = 64, kColumns = 256;

  std::filesystem::path folder = std::filesystem::path(QS_TEST_DATA) / "gptq_awq";
  std::vector<float> weights = readArray<float>(folder / "W.f32");
  std::vector<float> inputs = readArray<float>(folder / "X.f32");

  core::tensor::Shape shape() const { return {kRows, kColumns}; }
  core::quant::QuantizedTensor tensor() const {
    return core::tensor::TensorView{"w", core::tensor::DType::F32, shape(), std::as_bytes(std::span(weights)), nullptr};
  }
  core::quant::TensorCalibration calibration() const {
    core::quant::TensorCalibration result;
    core::quant::HessianSum sum(kColumns);
    sum.addRows(inputs);
    result.hessian = sum.mean();
    result.samples = sum.rows();
    result.importance.resize(kColumns), result.meanMagnitude.resize(kColumns), result.maxMagnitude.resize(kColumns);
    std::vector<double> sums(kColumns);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      sums[i % kColumns] += std::abs(double(inputs[i]));
      result.maxMagnitude[i % kColumns] = std::max(result.maxMagnitude[i % kColumns], std::abs(inputs[i]));
    }
    for (std::size_t c = 0; c < kColumns; ++c) {
      result.meanMagnitude[c] = float(sums[c] / double(result.samples));
      result.importance[c] = result.hessian[c * kColumns + c];
    }
    result.inputs.add(inputs);
    return result;
  }
  /// ‖X Wᵀ − X Vᵀ‖²
  double outputError(const std::vector<float>& values) const {
    double error = 0.0;
    for (std::size_t x = 0; x < inputs.size(); x += kColumns)
      for (std::size_t r = 0; r < kRows; ++r) {
        double sum = 0.0;
        for (std::size_t c = 0; c < kColumns; ++c)
          sum += double(inputs[x + c]) * (double(values[r * kColumns + c]) - double(weights[r * kColumns + c]));
        error += sum * sum;
      }
    return error;
  }
};

}  // namespace support
