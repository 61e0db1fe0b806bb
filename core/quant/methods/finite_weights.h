#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Decodes weights from a flat index on as every encoder sees them: NaN is 0, ±Inf the largest finite magnitude among
/// them.
void finiteWeights(const QuantizedTensor& source, std::uint64_t first, std::span<float> out);
/// All of them, row by row. @throws Cancelled
std::vector<float> finiteWeights(const QuantizedTensor& source, const JobContext& job);

/// Floats as a tensor, to be quantized: it points at them.
QuantizedTensor tensorOf(const std::vector<float>& values, const tensor::Shape& shape);

/// One value per column of a matrix, as a text has shown them. @param what "the mean magnitude"
/// @throws Error (InvalidArgument) when there are others than `columns`, or a value is negative or not finite
void checkColumns(std::span<const float> values, std::uint64_t columns, std::string_view what, const std::string& name);
/// @throws Error (InvalidArgument) when it is not [columns, columns] or has a value that is not finite
void checkHessian(std::span<const float> hessian, std::uint64_t columns, const std::string& name);

}  // namespace core::quant
