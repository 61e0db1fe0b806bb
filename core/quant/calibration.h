#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace core::quant {

/// What a text has shown about the inputs x of one linear layer, per input column (the columns of its weight matrix
/// [out, in]). Every vector is empty or has one value per column.
struct TensorCalibration {
  std::vector<float>
      importance;  ///< mean of x² (an importance matrix of llama.cpp): weight of a column's squared error
  std::vector<float> meanMagnitude;  ///< mean of |x|
  std::vector<float> maxMagnitude;   ///< max of |x|
  std::vector<float> hessian;        ///< mean of x xᵀ, [in, in] row-major, or empty
  std::uint64_t samples = 0;         ///< rows of x that were seen
};

/// The importance row of a matrix of `rowValues` columns; empty without a calibration or importance in it.
/// @throws Error (InvalidArgument) when it has another length, or a value that is negative or not finite
std::span<const float> importanceRow(const TensorCalibration* calibration, std::uint64_t rowValues);

}  // namespace core::quant
