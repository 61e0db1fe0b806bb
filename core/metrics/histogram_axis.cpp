#include "core/metrics/histogram_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/error.h"

namespace core::metrics {

namespace {
constexpr std::size_t kMaxBins = 65536;
}

void checkBins(std::size_t bins) {
  if (bins < 1 || bins > kMaxBins)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A histogram has 1 to {} bins, but {} were asked for.", kMaxBins, bins));
}

HistogramAxis::HistogramAxis(double low, double high, std::size_t bins) {
  checkBins(bins);
  if (!(low < high) || !std::isfinite(low) || !std::isfinite(high) ||
      !std::isfinite((high - low) * static_cast<double>(bins)))
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A histogram needs a finite range from low to high, but got {} to {}.", low, high));
  Histogram shape{low, high, std::vector<std::uint64_t>(bins)};
  m_edges.resize(bins + 1);
  for (std::size_t i = 0; i <= bins; ++i) m_edges[i] = shape.edge(i);
  m_edges[bins] = high;
  m_last = bins - 1;
  // A range of denormals has more bins per unit than a double can say; binOf then starts at bin 0 or the last one.
  m_binsPerUnit = std::min(static_cast<double>(bins) / (high - low), std::numeric_limits<double>::max());
}

HistogramAxis HistogramAxis::over(const TensorStats& stats, std::size_t bins) {
  constexpr double kLimit = 0x1p1000;  // so that (high − low) · bins is finite; only FP64 can be beyond
  double low = stats.finite == 0 ? 0.0 : std::clamp(stats.min, -kLimit, kLimit);
  double high = stats.finite == 0 ? 0.0 : std::clamp(stats.max, -kLimit, kLimit);
  if (low == high) {
    const double margin = low != 0 ? std::max(std::abs(low) / 2, 1e-300) : 0.5;
    low -= margin;
    high += margin;
  }
  return HistogramAxis(low, high, bins);
}

Histogram HistogramAxis::empty() const { return {low(), high(), std::vector<std::uint64_t>(bins())}; }

void HistogramAxis::add(Histogram& histogram, double value, std::uint64_t weight) const {
  if (!std::isfinite(value))
    histogram.nonFinite += weight;
  else if (value < low())
    histogram.below += weight;
  else if (value > high())
    histogram.above += weight;
  else
    histogram.counts[binOf(value)] += weight;
}

void merge(Histogram& into, const Histogram& part) {
  assert(into.counts.size() == part.counts.size());
  for (std::size_t i = 0; i < into.counts.size(); ++i) into.counts[i] += part.counts[i];
  into.below += part.below;
  into.above += part.above;
  into.nonFinite += part.nonFinite;
}

std::uint64_t Histogram::total() const {
  return std::accumulate(counts.begin(), counts.end(), below + above + nonFinite);
}

}  // namespace core::metrics
