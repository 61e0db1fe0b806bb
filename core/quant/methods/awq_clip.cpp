#include "core/quant/methods/awq_clip.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/quant/methods/output_error.h"
#include "core/quant/methods/scaled_columns.h"

namespace core::quant {

namespace {

constexpr int kClipSteps = 20;
constexpr int kTried = 10;  // down to just over half

/// The runs of columns that share a scale, the same in every row; none where blocks go over the ends of rows.
std::vector<ColumnRun> runsOf(const Grouping& grouping, std::uint64_t columns) {
  std::vector<ColumnRun> runs;
  if (grouping.granularity == Granularity::Block && columns % grouping.size != 0) return runs;
  forEachRun(grouping, columns, 0, [&](std::uint64_t first, std::uint64_t count, std::uint64_t) {
    runs.push_back({first, count});
  });
  return runs;
}

/// Calls visit(first flat index, count, group) for every run of every row, one after the other.
template <class Visit>
void forEachGroup(const Grouping& grouping, const tensor::Shape& shape, const Visit& visit) {
  const std::uint64_t columns = shape.rowValues();
  for (std::uint64_t row = 0; row < shape.rows(); ++row)
    forEachRun(grouping, columns, row, [&](std::uint64_t at, std::uint64_t count, std::uint64_t group) {
      visit(row * columns + at, count, group);
    });
}

void clamp(std::vector<float>& weights, const tensor::Shape& shape, const Grouping& grouping,
           std::span<const float> limits) {
  forEachGroup(grouping, shape, [&](std::uint64_t first, std::uint64_t count, std::uint64_t group) {
    for (std::uint64_t i = first; i < first + count; ++i)
      weights[i] = std::clamp(weights[i], -limits[group], limits[group]);
  });
}

std::vector<float> maximaOf(std::span<const float> weights, const tensor::Shape& shape, const Grouping& grouping) {
  std::vector<float> maxima(groupCount(grouping, shape));
  forEachGroup(grouping, shape, [&](std::uint64_t first, std::uint64_t count, std::uint64_t group) {
    for (std::uint64_t i = first; i < first + count; ++i)
      maxima[group] = std::max(maxima[group], std::fabs(weights[i]));
  });
  return maxima;
}

}  // namespace

void clipGroups(std::vector<float>& weights, const tensor::Shape& shape, const Scheme& rounding,
                std::span<const float> hessian, std::span<const float> inputScales, const JobContext& job) {
  const Grouping& grouping = rounding.format.grouping;
  std::vector<ColumnRun> runs = runsOf(grouping, shape.rowValues());
  if (runs.empty()) return;
  const RunErrors runErrors(hessian, inputScales, std::move(runs));
  const std::vector<float> maxima = maximaOf(weights, shape, grouping);
  std::vector<float> best = maxima, limits(maxima.size());
  std::vector<double> least(maxima.size(), std::numeric_limits<double>::infinity()), found(maxima.size());
  for (int step = 0; step < kTried; ++step) {
    job.progress(static_cast<double>(step) / kTried, "Clipping");
    const float factor = static_cast<float>(1.0 - static_cast<double>(step) / kClipSteps);
    std::transform(maxima.begin(), maxima.end(), limits.begin(), [factor](float max) { return max * factor; });
    std::vector<float> errors = weights;
    clamp(errors, shape, grouping, limits);
    errors = roundTrip(errors, shape, rounding, job.part(0.0, 0.0));
    std::transform(errors.begin(), errors.end(), weights.begin(), errors.begin(), std::minus<>());
    const std::vector<double> ofRuns = runErrors.of(errors, shape, job);
    std::fill(found.begin(), found.end(), 0.0);
    std::size_t run = 0;
    forEachGroup(grouping, shape,
                 [&](std::uint64_t, std::uint64_t, std::uint64_t group) { found[group] += ofRuns[run++]; });
    for (std::size_t group = 0; group < best.size(); ++group) {
      if (!(found[group] < least[group])) continue;
      least[group] = found[group];
      best[group] = limits[group];
    }
  }
  clamp(weights, shape, grouping, best);
}

}  // namespace core::quant
