#pragma once
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// SmoothQuant (Xiao, Lin, Seznec, Wu, Demouth, Han 2023, "SmoothQuant: Accurate and Efficient Post-Training
/// Quantization for Large Language Models"): outliers of the inputs are handed over to the weights until both are as
/// hard to quantize,
///
///   s_j = max |x_j|^α / max |w_j|^(1 − α),   inputs x_j / s_j, weights w_j · s_j
///
/// with maxima of at least 1e-5. Columns that the text has never reached, columns of zeros and of weights beyond
/// 2^100 keep s = 1.
/// Every layer has its own factors: where several matrices read one input, that input is divided for each of them.
/// @param alpha α, 0 … 1. @return s, one per column
/// @throws Error (InvalidArgument) when the calibration does not fit the tensor; Cancelled
std::vector<float> smoothingScales(const QuantizedTensor& source, const TensorCalibration& calibration, double alpha,
                                   const JobContext& job);
/// The same from max |w| of every column: of one weight, or of all that share an input.
/// @param name for the sentence
std::vector<float> smoothingScales(std::vector<float> columnMaxima, const TensorCalibration& calibration, double alpha,
                                   const std::string& name);
/// max |w| of every column, weights taken as every encoder does. @throws Cancelled
std::vector<float> columnMaxima(const QuantizedTensor& source, const JobContext& job);

}  // namespace core::quant
