#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/parallel_chunks.h"
#include "core/quant/quantizer.h"

namespace core::quant {

/// Calls visit(row, values) for every row of a tensor as float32, in parallel and in no order.
/// @throws Error as decode does; Cancelled
template <class Visit>
void forEachRow(const QuantizedTensor& source, const JobContext& job, std::string_view phrase, const Visit& visit) {
  const std::uint64_t rowValues = source.shape.rowValues();
  forEachChunk(source.shape.rows(), itemsPerChunk(rowValues), job, phrase,
               [&](std::uint64_t first, std::uint64_t rows) {
                 std::vector<float> values(rows * rowValues);
                 decode(source, first * rowValues, values.size(), values.data());
                 for (std::uint64_t r = 0; r < rows; ++r) visit(first + r, values.data() + r * rowValues);
               });
}

}  // namespace core::quant
