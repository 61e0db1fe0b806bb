#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/metrics/tensor_stats.h"

namespace core::metrics {

/// Extremes and power sums of scale · x − shift over finite values. A shift near the mean keeps the sums accurate, a
/// scale keeps fourth powers in range. Parts with the same shift and scale merge by addition.
class Moments {
 public:
  /// @param shift about scale · mean
  explicit Moments(double shift = 0.0, double scale = 1.0) : m_shift(shift), m_scale(scale) {}

  void add(const double* values, std::size_t count);
  void merge(const Moments& other);

  std::uint64_t finite() const { return m_finite; }
  double mean() const;
  /// Everything but the outliers, which need the mean first, and the place of the first value that is not finite.
  TensorStats stats() const;

 private:
  std::uint64_t m_count = 0, m_finite = 0, m_zeros = 0, m_nans = 0;
  double m_min = std::numeric_limits<double>::infinity();
  double m_max = -std::numeric_limits<double>::infinity();
  double m_shift, m_scale;
  double m_sum1 = 0, m_sum2 = 0, m_sum3 = 0, m_sum4 = 0;
};

}  // namespace core::metrics
