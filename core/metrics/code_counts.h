#pragma once
#include <cstdint>
#include <vector>

#include "core/base/job_context.h"
#include "core/tensor/tensor_view.h"

namespace core::metrics {

/// How often each code of a tensor with elements of 8 or 16 bits occurs. Reading 2.2 GB to count is bound by memory;
/// everything else then follows from at most 65,536 pairs of value and count, exactly and at once.
struct CodeCounts {
  std::vector<double> values;         ///< of every code
  std::vector<std::uint64_t> counts;  ///< as many
};

/// True for plain dtypes of 8 or 16 bits.
bool isCountable(tensor::DType dtype);

/// Counts in parallel. @pre isCountable(tensor.dtype) @throws Cancelled
CodeCounts countCodes(const tensor::TensorView& tensor, const JobContext& job);

}  // namespace core::metrics
