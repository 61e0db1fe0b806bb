#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/job_context.h"
#include "core/metrics/tensor_stats.h"
#include "core/quant/scheme.h"
#include "core/tensor/tensor_view.h"

namespace app {

/// What a scheme makes of a tensor, for the histogram.
struct SchemeView {
  core::quant::Scheme scheme;
  /// Distinct values the scheme stores around one weight (in its row, at most kWindow of them), ascending; empty for
  /// formats so fine that ticks would be a solid bar.
  std::vector<double> levels;
  std::optional<core::metrics::Histogram> histogram;  ///< of the dequantized tensor, when asked for
};

/// @param around flat index of the weight whose block is shown  @param bins of the original's histogram, or nothing
/// @throws core::Error, core::Cancelled
SchemeView viewScheme(const core::tensor::TensorView& tensor, const core::quant::Scheme& scheme, std::uint64_t around,
                      const core::metrics::Histogram* bins, const core::JobContext& job);

}  // namespace app
