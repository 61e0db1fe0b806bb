#include "core/metrics/moments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "core/base/multiversion.h"
#include "core/metrics/lanes.h"

namespace core::metrics {

namespace {

constexpr double kLargest = std::numeric_limits<double>::max();

struct LaneSums {
  DoubleLanes min, max, sum1, sum2, sum3, sum4;
  CountLanes finite, zeros, nans;
};

/// One round per eight values; sums stay in registers. @pre count is a multiple of kLanes
QS_MULTIVERSION void accumulate(const double* values, std::size_t count, double shift, double scale, LaneSums* result) {
  LaneSums sums = *result;
  const DoubleLanes zero = {};
  for (std::size_t i = 0; i < count; i += kLanes) {
    DoubleLanes x;
    std::memcpy(&x, values + i, sizeof(x));
    const CountLanes finite = (x <= kLargest) & (x >= -kLargest);
    sums.finite -= finite;  // a true lane is −1
    sums.zeros -= x == 0.0;
    sums.nans -= x != x;
    sums.min = (finite & (x < sums.min)) ? x : sums.min;
    sums.max = (finite & (x > sums.max)) ? x : sums.max;
    const DoubleLanes d = finite ? x * scale - shift : zero;
    const DoubleLanes squared = d * d;
    sums.sum1 += d;
    sums.sum2 += squared;
    sums.sum3 += squared * d;
    sums.sum4 += squared * squared;
  }
  *result = sums;
}

double total(const DoubleLanes& lanes) {
  double sum = 0;
  for (std::size_t i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

std::uint64_t total(const CountLanes& lanes) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kLanes; ++i) sum += lanes[i];
  return static_cast<std::uint64_t>(sum);
}

}  // namespace

void Moments::add(const double* values, std::size_t count) {
  LaneSums sums{};
  for (std::size_t i = 0; i < kLanes; ++i) {
    sums.min[i] = std::numeric_limits<double>::infinity();
    sums.max[i] = -std::numeric_limits<double>::infinity();
  }
  const std::size_t whole = count / kLanes * kLanes;
  accumulate(values, whole, m_shift, m_scale, &sums);
  std::uint64_t padding = 0;
  if (whole != count) {  // the last lanes: filled up with NaN, which no sum takes
    std::array<double, kLanes> tail;
    tail.fill(std::numeric_limits<double>::quiet_NaN());
    std::copy(values + whole, values + count, tail.begin());
    padding = kLanes - (count - whole);
    accumulate(tail.data(), kLanes, m_shift, m_scale, &sums);
  }
  m_count += count;
  m_finite += total(sums.finite);
  m_zeros += total(sums.zeros);
  m_nans += total(sums.nans) - padding;
  for (std::size_t i = 0; i < kLanes; ++i) {
    m_min = std::min(m_min, static_cast<double>(sums.min[i]));
    m_max = std::max(m_max, static_cast<double>(sums.max[i]));
  }
  m_sum1 += total(sums.sum1);
  m_sum2 += total(sums.sum2);
  m_sum3 += total(sums.sum3);
  m_sum4 += total(sums.sum4);
}

void Moments::merge(const Moments& other) {
  m_count += other.m_count;
  m_finite += other.m_finite;
  m_zeros += other.m_zeros;
  m_nans += other.m_nans;
  m_min = std::min(m_min, other.m_min);
  m_max = std::max(m_max, other.m_max);
  m_sum1 += other.m_sum1;
  m_sum2 += other.m_sum2;
  m_sum3 += other.m_sum3;
  m_sum4 += other.m_sum4;
}

double Moments::mean() const {
  if (m_finite == 0) return 0.0;
  return std::clamp((m_sum1 / static_cast<double>(m_finite) + m_shift) / m_scale, m_min, m_max);
}

TensorStats Moments::stats() const {
  TensorStats stats;
  stats.count = m_count;
  stats.finite = m_finite;
  stats.zeros = m_zeros;
  stats.nonFinite.nan = m_nans;
  stats.nonFinite.inf = m_count - m_finite - m_nans;
  if (m_finite == 0) return stats;
  stats.min = m_min;
  stats.max = m_max;
  stats.absMax = std::max(std::abs(m_min), std::abs(m_max));
  stats.mean = mean();
  stats.standardDeviation = 0;
  if (m_min == m_max) return stats;  // constant: σ is exactly 0, which rounded sums would miss
  const double n = static_cast<double>(m_finite);
  const double a1 = m_sum1 / n, a2 = m_sum2 / n, a3 = m_sum3 / n, a4 = m_sum4 / n;
  const double variance = std::max(0.0, a2 - a1 * a1);
  const double fourth = a4 - 4 * a1 * a3 + 6 * a1 * a1 * a2 - 3 * a1 * a1 * a1 * a1;
  stats.standardDeviation = std::sqrt(variance) / m_scale;
  if (variance > 0) stats.kurtosis = fourth / (variance * variance);
  return stats;
}

}  // namespace core::metrics
