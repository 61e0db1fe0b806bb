#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/calibrate/token_windows.h"
#include "core/evaluate/estimate.h"
#include "core/model/graph.h"
#include "core/quant/quantized_tensor.h"

namespace core::evaluate {

/// What a quantized matrix Ŵ does to the outputs XWᵀ of its layer, on the inputs X that the reference has on a text.
/// Norms are Frobenius norms over all tokens; errors are standard errors over the windows of the text.
struct OutputError {
  Estimate weights;  ///< ‖X(Ŵ − W)ᵀ‖ / ‖XWᵀ‖
  Estimate activations;  ///< ‖(X̂ − X)Ŵᵀ‖ / ‖XWᵀ‖, X̂ being X as the scheme quantizes inputs; 0 where they stay
  Estimate total;  ///< ‖X̂Ŵᵀ − XWᵀ‖ / ‖XWᵀ‖
  std::uint64_t tokens = 0;
};

/// The inputs of one linear layer on a text.
struct LayerInputs {
  std::span<const float> rows;  ///< [tokens, width], windows one after the other
  std::size_t width = 0;
  std::size_t context = 0;  ///< tokens of a window; the last one may have fewer
};

/// Compares matrices with the one they were made from, on the same inputs. Directly, as products over all tokens: that
/// gives the inputs' share, the errors by window, and no matrix of width² (with second moments, tr(ΔW H ΔWᵀ), a layer
/// costs out · in² multiplications in place of 2 · tokens · out · in, but knows only the weights' share, without its
/// error). Products are summed in float32 (relative rounding about 1e-6 of each figure: differences are formed before
/// they are multiplied), their squares in double.
/// Memory: two decoded matrices, and the products of 128 tokens.
class OutputMeter {
 public:
  /// @param original and `inputs` outlive this. @throws Cancelled
  OutputMeter(const quant::QuantizedTensor& original, const LayerInputs& inputs, const JobContext& job);

  /// @pre of the same shape. @throws Cancelled
  OutputError errorOf(const quant::QuantizedTensor& quantized, const JobContext& job) const;

 private:
  LayerInputs m_inputs;
  std::vector<float> m_weights;
  std::vector<double> m_power;  ///< Σ (XWᵀ)² of each window
};

/// Of one matrix, what is to be measured; null for what cannot be made.
using CandidatesOf = std::function<std::vector<quant::QuantizedTensorPtr>(const std::string& tensor)>;
/// Shown each error as soon as it is known.
using OutputErrorVisitor =
    std::function<void(const std::string& tensor, std::size_t candidate, const OutputError& error)>;

/// Reads a text once with the reference, section by section, and measures any number of matrices made from its own,
/// and of stacks of experts (expert_output_error.h). Only the inputs of the current section are kept: 4 · tokens ·
/// (widths of its inputs) bytes.
/// @param tensors to be measured; what no layer multiplies with is left out
/// @param candidatesOf called when the text has come to the layer, for one matrix after the other
/// @throws Error as SectionStream::run and what candidatesOf throws; Cancelled
void measureOutputErrors(const model::Graph& reference, const calibrate::TokenWindows& windows,
                         const std::vector<std::string>& tensors, const CandidatesOf& candidatesOf,
                         const OutputErrorVisitor& visitor, const JobContext& job);

/// The weights' share alone, from the second moment H = mean of x xᵀ of the inputs: √(tr(ΔW H ΔWᵀ) / tr(W H Wᵀ)). The
/// same figure as OutputError::weights over the text that H is of, where only H is known.
double outputErrorBySecondMoment(const quant::QuantizedTensor& original, const quant::QuantizedTensor& quantized,
                                 std::span<const float> secondMoment, const JobContext& job);

}  // namespace core::evaluate
