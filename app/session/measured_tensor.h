#pragma once
#include <map>
#include <utility>
#include <vector>

#include "app/session/open_model.h"
#include "app/session/scheme_error.h"
#include "app/session/treatment.h"
#include "core/calibrate/token_windows.h"
#include "core/evaluate/output_error.h"

namespace app {

/// The comparison of a tensor with what a decision has made of it. @param quantized as core::model::makeTensor makes it
SchemeError compareMade(std::size_t tensor, const core::model::TensorDecision& decision,
                        const core::quant::QuantizedTensor& original, const core::quant::QuantizedTensor& quantized,
                        const core::JobContext& job);

/// By index of the tensor and of the treatment.
using MeasuredTensors = std::map<std::pair<std::size_t, std::size_t>, SchemeError>;

/// Measures all treatments of these tensors in one pass of the model over a text; each tensor is made once. What no
/// layer multiplies with, and what a scheme refuses, is left out.
/// @param tensors indices  @throws core::Error, core::Cancelled
MeasuredTensors measureOutputs(const OpenModel& model, const std::vector<Treatment>& treatments,
                               const std::vector<std::size_t>& tensors, const core::calibrate::TokenWindows& windows,
                               const core::JobContext& job);

}  // namespace app
