#pragma once
#include <cstdint>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// How often each code of a tensor with elements of 8 or 16 bits occurs. Reading 2.2 GB to count is bound by memory;
/// everything else then follows from at most 65,536 pairs of value and count, exactly and at once.
struct CodeCounts {
  std::vector<double> values;         ///< of every code
  std::vector<std::uint64_t> counts;  ///< as many
};

/// True for tensors stored as plain elements of 8 or 16 bits.
bool isCountable(const quant::QuantizedTensor& tensor);

/// Counts in parallel. @pre isCountable(tensor) @throws Cancelled
CodeCounts countCodes(const quant::QuantizedTensor& tensor, const JobContext& job);

}  // namespace core::metrics
