#pragma once
#include <cstdint>

#include "core/quant/calibration.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// quantize() with what a calibration knows of the tensor's inputs.
///
/// Under a method that needs a Hessian, each matrix of a stack [matrices, out, in] has its own: GPTQ makes up for
/// errors by the inputs of that expert, and AWQ chooses the one s of all of them by the sum of their output errors,
/// each counted as often as a token came by. A matrix that saw no token is rounded to nearest, as is an expert that is
/// a tensor of its own and has 0 samples, and one of a stack that is quantized alone under its name (MatrixName). One
/// matrix is decoded at a time.
/// @param calibration null: schemes that need one refuse
/// @throws Error as quantize() and Calibration::of; (Unsupported) for stacks where GPTQ would order the columns of each
///         matrix anew, and for formats whose scales do not belong to rows or groups; Cancelled
QuantizedTensorPtr quantizeCalibrated(const Scheme& scheme, const QuantizedTensor& tensor, Calibration* calibration,
                                      const JobContext& job);

/// Experts, matrices of a stack or one that is a tensor of its own, that the text sent no token through, so that such
/// methods rounded them to nearest; 0 under other schemes. @throws as Calibration::of
std::uint64_t countUnseen(const Scheme& scheme, const std::string& name, const tensor::Shape& shape,
                          Calibration& calibration, const JobContext& job);

}  // namespace core::quant
