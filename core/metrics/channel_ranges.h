#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// What one row or column of a weight matrix spans, over its finite values; all NaN when it has none.
struct ChannelRange {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  double min = kNone, max = kNone;
  double absMax = kNone;
  double mean = kNone;
  double standardDeviation = kNone;  ///< population
  std::uint64_t nonFinite = 0;       ///< values left out
};

/// Ranges of all rows (output channels) and columns (input channels) of a tensor seen as [rows, rowValues].
struct ChannelRanges {
  std::vector<ChannelRange> rows;
  std::vector<ChannelRange> columns;
};

/// Parallel; results do not depend on the number of threads. Needs about 48 bytes per column and part (at most 16
/// parts).
/// @throws Error (Unsupported, InvalidArgument), Cancelled
ChannelRanges channelRanges(const quant::QuantizedTensor& tensor, const JobContext& job = JobContext());

}  // namespace core::metrics
