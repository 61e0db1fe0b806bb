#pragma once
#include <cstddef>
#include <cstdint>

#include "core/tensor/tensor_view.h"

namespace core::metrics {

/// Values a worker reads at a time: 32 KiB of doubles stay in the first-level cache.
constexpr std::size_t kReadValues = 4096;

/// @throws Error (Unsupported) when the bytes are no weights or their dtype has no decoder, (InvalidArgument) when the
/// bytes do not fit the shape
void checkReadable(const tensor::TensorView& tensor);

/// Decodes `count` ≤ kReadValues values from flat index `first` as doubles; 64- and 32-bit types keep their precision
/// (integers beyond 2^53 are rounded). @pre checkReadable passed, the range lies inside the tensor
void readValues(const tensor::TensorView& tensor, std::uint64_t first, std::size_t count, double* out);

}  // namespace core::metrics
