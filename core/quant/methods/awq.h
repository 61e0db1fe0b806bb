#pragma once
#include <functional>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Steps of the search for the ratio: 0, 1/20 … 19/20.
constexpr int kAwqRatios = 20;

/// What AWQ found.
struct AwqResult {
  std::vector<float> weights;      ///< W · s, clipped when asked to: what is quantized, row-major
  std::vector<float> inputScales;  ///< s, one per column
  double ratio = 0.0;              ///< the exponent that gave them
  std::vector<double> losses;      ///< of every ratio, not clipped: mean over inputs and outputs of (ΔW x)²
};

/// AWQ (Lin, Tang, Tang, Yang, Dang, Gan, Han 2024, "AWQ: Activation-aware Weight Quantization for On-Device LLM
/// Compression and Acceleration"): columns with large inputs are multiplied by a factor before they are quantized, and
/// divided by it afterwards; relative to their inputs their error shrinks by as much.
///
///   s = clamp(mean |x|^ratio, 1e-4), divided by √(max s · min s);  ratio = the one of 20 with the least output error
///
/// Output error: outputError() of the round trip Q(W · s) / s. With clipping, each group of W · s is then limited to
/// ±max |w| · (1 − k/20), k = 0 … 9, whichever has the least error Δw H_gg Δwᵀ, H of the inputs x / s; blocks that go
/// over the ends of rows are not clipped. Q is the scheme's format under method=rtn: any format will do.
/// Follows llm-awq, which has one s for all layers that share an input; here every layer has its own, unless they are
/// searched together (sharedAwqFactors).
/// @param scheme method.clip and what is quantized to
/// @throws Error (InvalidArgument) when the calibration does not fit the tensor; Cancelled
AwqResult awq(const QuantizedTensor& source, const Scheme& scheme, const TensorCalibration& calibration,
              const JobContext& job);

/// One s for several weights that share their input, as llm-awq has it: of the 20 ratios the one with the least output
/// error of all of them together, so that the layer before can divide its outputs by s.
struct AwqFactors {
  std::vector<float> scales;   ///< s, one per column
  double ratio = 0.0;          ///< the exponent that gave them
  std::vector<double> losses;  ///< of every ratio: mean over inputs and all weights' outputs of (ΔW x)²
};
/// @pre the weights are not empty and have equally many columns
AwqFactors sharedAwqFactors(std::span<const QuantizedTensor* const> weights, const Scheme& scheme,
                            const TensorCalibration& calibration, const JobContext& job);

/// One of the matrices of a stack, which meet inputs of their own under one s.
struct AwqMember {
  std::vector<float> weights;        ///< [out, in]
  TensorCalibrationPtr calibration;  ///< of its inputs; null: it saw none, and has no say
};
/// The s of a stack: the losses of its matrices are added up as often as each saw an input.
/// @param shape of a matrix  @param meanMagnitude of all inputs  @param member is asked for one after the other
AwqFactors stackAwqFactors(std::uint64_t matrices, const tensor::Shape& shape, const Scheme& scheme,
                           std::span<const float> meanMagnitude,
                           const std::function<AwqMember(std::uint64_t, const JobContext&)>& member,
                           const JobContext& job);

/// W · s, clipped when the scheme asks for it: what is quantized.
std::vector<float> awqWeights(std::span<const float> weights, const tensor::Shape& shape, const Scheme& scheme,
                              const TensorCalibration& calibration, std::span<const float> scales,
                              const JobContext& job);

}  // namespace core::quant
