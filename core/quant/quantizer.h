#pragma once
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// True when there is a decoder for elements of this dtype.
bool isDecodable(tensor::DType dtype);

/// Decodes `count` values starting at flat index `first` (row-major) into out[0…count).
/// `first` and `count` may be any range; whole rows, or for Elements whole blocks, are fastest. Total: any bytes
/// decode.
/// @throws Error (InvalidArgument) when the range leaves the tensor.
void decode(const QuantizedTensor& tensor, std::uint64_t first, std::uint64_t count, float* out);

/// Applies a scheme to a tensor (decoded to float32 first). Parallel over rows or blocks.
/// A scheme that cannot hold this shape (q4_0 on rows that are not whole blocks) is refused.
/// @param calibration what a text showed about the tensor's inputs; methods that need it refuse to go without
/// @throws Error (InvalidArgument, Unsupported), Cancelled
QuantizedTensorPtr quantize(const Scheme& scheme, const QuantizedTensor& tensor, const JobContext& job = JobContext(),
                            const TensorCalibration* calibration = nullptr);

/// The tensor as it is stored, shared. @throws Error (Unsupported, InvalidArgument)
QuantizedTensorPtr wrapStored(const tensor::TensorView& tensor);

/// Decodes rows [firstRow, firstRow + rowCount) into out (rowCount × rowValues): the weights themselves, column changes
/// undone unless they are wanted as stored. Exact and total.
void dequantizeRows(const QuantizedTensor& tensor, std::uint64_t firstRow, std::uint64_t rowCount, float* out,
                    Columns columns = Columns::OfTheWeight);

/// All values, row-major.
std::vector<float> dequantize(const QuantizedTensor& tensor, const JobContext& job = JobContext());

}  // namespace core::quant
