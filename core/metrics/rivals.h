#pragma once
#include <string>
#include <vector>

#include "core/metrics/error_stats.h"
#include "core/quant/grid.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// A scheme, what it costs for a tensor and what it does to it.
struct Trial {
  quant::Scheme scheme;
  double bitsPerWeight = 0;
  ErrorStats error;
  quant::Grid grid;  ///< of the block that was asked for
};

/// The scheme with as many weights sharing a scale as its format allows: 16, 32, … within a row, then the row and the
/// tensor (block and scale options likewise), in the order of their sizes; those that the shape accepts. Empty for
/// formats whose sharing is fixed.
std::vector<quant::Scheme> sharingChoices(const quant::Scheme& scheme, const tensor::Shape& shape);

/// All formats whose codes are as wide as the scheme's, it being the first, that the shape accepts: INT4, LOG4, K-means
/// 4, NF4, FP4, MXFP4, Q4_0 …. Those that can share scales among as many weights as the scheme does, do; learned code
/// books keep their default, since a book for each small group would cost more than its codes.
std::vector<quant::Scheme> rivalsOf(const quant::Scheme& scheme, const tensor::Shape& shape);

/// Quantizes a tensor under each of them. @param around flat index of a weight of the block whose grid is wanted
/// @throws Error, Cancelled
std::vector<Trial> tryAll(const std::vector<quant::Scheme>& schemes, const quant::QuantizedTensor& source,
                          std::uint64_t around = 0, const JobContext& job = JobContext());

}  // namespace core::metrics
