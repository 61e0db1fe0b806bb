#pragma once
#include <cstddef>
#include <cstdint>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// Values a worker reads at a time: 32 KiB of doubles stay in the first-level cache.
constexpr std::size_t kReadValues = 4096;

/// True for plain dtypes that float32 does not hold: 64-bit floats, integers of 32 bits and more.
bool isWide(const quant::QuantizedTensor& tensor);

/// Decodes `count` ≤ kReadValues values from flat index `first` as doubles; 64- and 32-bit types keep their precision
/// (integers beyond 2^53 are rounded). @pre the range lies inside the tensor
void readValues(const quant::QuantizedTensor& tensor, std::uint64_t first, std::size_t count, double* out);

/// A power of two of about the largest magnitude of a tensor of 64-bit floats, so that squares of x · 2^−exponent stay
/// in the range of doubles; 0 for every other type, whose squares do so anyway.
/// @throws Cancelled
int exponentOf(const quant::QuantizedTensor& tensor, const JobContext& job);

}  // namespace core::metrics
