#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/job_context.h"
#include "core/metrics/non_finite.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// Counts of values in equal bins over [low, high]; the last bin includes `high`. Values outside are counted apart.
struct Histogram {
  double low = 0, high = 0;
  std::vector<std::uint64_t> counts;
  std::uint64_t below = 0, above = 0, nonFinite = 0;
  double edge(std::size_t bin) const {
    return low + (high - low) * static_cast<double>(bin) / static_cast<double>(counts.size());
  }
  std::uint64_t total() const;
};

/// What the weights of a tensor look like. Moments over its finite values, in double; all NaN when it has none.
struct TensorStats {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  std::uint64_t count = 0, finite = 0, zeros = 0;
  NonFinite nonFinite;  ///< no other figure here takes these values
  double min = kNone, max = kNone, absMax = kNone, mean = kNone;
  double standardDeviation = kNone;  ///< population
  double kurtosis = kNone;           ///< E[(x−µ)⁴] / σ⁴: 3 for a Gaussian; NaN when σ is 0
  std::uint64_t outliers6Sigma = 0;  ///< |x − µ| > 6 σ
};

struct TensorSummary {
  TensorStats stats;
  Histogram histogram;  ///< bins over [min, max], widened when constant
};

/// Statistics and histogram of a tensor of any decodable dtype; parallel. 16-bit (and narrower) floats are read once
/// by counting their 65,536 possible codes, from which every statistic follows exactly; F32 and block types take two
/// passes.
/// @param bins 1…65536
/// @throws Error (Unsupported, InvalidArgument), Cancelled
TensorSummary summarize(const quant::QuantizedTensor& tensor, std::size_t bins, const JobContext& job = JobContext());

/// The same of float32 values in memory.
TensorSummary summarize(const float* values, std::size_t count, std::size_t bins);

/// Histogram with given bins, to overlay a dequantized tensor on the original's axis.
Histogram histogram(const quant::QuantizedTensor& tensor, double low, double high, std::size_t bins,
                    const JobContext& job = JobContext());

}  // namespace core::metrics
