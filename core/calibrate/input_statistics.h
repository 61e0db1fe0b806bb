#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/quant/calibration.h"

namespace core::calibrate {

/// What is known of the inputs x of one linear layer, over the rows (tokens) that streamed by; summed in double, a row
/// after the other, so the result does not depend on the number of threads.
struct InputStatistics {
  std::uint64_t rows = 0;
  std::vector<double> squares;     ///< [width] Σ x²
  std::vector<double> magnitudes;  ///< [width] Σ |x|
  std::vector<float> largest;      ///< [width] max |x|
  quant::InputHistogram inputs;

  explicit InputStatistics(std::size_t width) : squares(width), magnitudes(width), largest(width) {}

  std::size_t width() const { return squares.size(); }
  /// @param values [rows, width]
  void addRows(std::span<const float> values);
  /// The means, without a Hessian. @pre rows > 0
  quant::TensorCalibration calibration() const;
};

}  // namespace core::calibrate
