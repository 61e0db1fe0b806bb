#include "core/quant/uniform_range.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/parallel_chunks.h"
#include "core/quant/finite_values.h"
#include "core/quant/quantizer.h"
#include "core/quant/tensor_rows.h"

namespace core::quant {

namespace {

/// Integer comparisons of the bits, because they vectorise without reordering rules and skip NaN and Inf for free.
QS_MULTIVERSION Extremes extremes(const float* values, std::size_t count) {
  std::uint32_t negative = 0;
  std::uint32_t positive = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(values[i]);
    const std::uint32_t magnitude = bits & kMagnitudeMask;
    const std::uint32_t finite = magnitude < kInfinityBits ? magnitude : 0U;
    negative = std::max(negative, bits != magnitude ? finite : 0U);
    positive = std::max(positive, bits == magnitude ? finite : 0U);
  }
  return {std::bit_cast<float>(negative), std::bit_cast<float>(positive)};
}

Extremes merge(const Extremes& a, const Extremes& b) {
  return {std::max(a.negative, b.negative), std::max(a.positive, b.positive)};
}

/// The p-th percentile of sorted values, linear between neighbours.
float percentile(const std::vector<float>& sorted, double p) {
  const double place = p / 100.0 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double low = static_cast<double>(sorted[below]), high = static_cast<double>(sorted[above]);
  return static_cast<float>(low + (high - low) * (place - static_cast<double>(below)));
}

Extremes percentileRange(const Scheme& scheme, const float* values, std::size_t count) {
  const bool affine = scheme.format.zeroPoint == ZeroPoint::On;
  std::vector<float> sorted;
  sorted.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    if (std::isfinite(values[i])) sorted.push_back(affine ? values[i] : std::fabs(values[i]));
  if (sorted.empty()) return {};
  std::sort(sorted.begin(), sorted.end());
  const float high = std::max(0.0F, percentile(sorted, scheme.method.percentile));
  if (!affine) return {high, high};
  return {std::max(0.0F, -percentile(sorted, 100.0 - scheme.method.percentile)), high};
}

/// Squared error of the group under a grid, weighted. Values that are not finite do not count. Eight sums side by side,
/// so that the order of the additions is the same on every CPU.
QS_MULTIVERSION float errorOf(const float* __restrict__ values, const float* __restrict__ importance, std::size_t count,
                              float scale, float lowest, float highest) {
  float sums[8] = {};
  const float inverse = 1.0F / scale;
  for (std::size_t i = 0; i < count; ++i) {
    float x = roundToEven(std::min(std::max(values[i] * inverse, lowest), highest));
    const float error = values[i] - x * scale;
    const float squared = error * error;
    const bool finite = (std::bit_cast<std::uint32_t>(values[i]) & kMagnitudeMask) < kInfinityBits;
    sums[i % 8] += finite ? (importance == nullptr ? squared : squared * importance[i]) : 0.0F;
  }
  float total = 0.0F;
  for (const float sum : sums) total += sum;
  return total;
}

UniformGrid leastError(const Scheme& scheme, const float* values, std::size_t count, const float* importance) {
  const Extremes full = extremes(values, count);
  UniformGrid best = chooseGrid(scheme, full);
  float least = std::numeric_limits<float>::infinity();
  for (int i = 0; i < kRangeCandidates; ++i) {
    const float factor = static_cast<float>(100 - i) / 100.0F;
    UniformGrid grid = chooseGrid(scheme, {full.negative * factor, full.positive * factor});
    if (grid.scale == 0.0F) break;
    grid.factor = factor;
    const float error = squaredErrorOf(scheme, grid, values, count, importance);
    if (error >= least) continue;
    least = error;
    best = grid;
  }
  return best;
}

}  // namespace

UniformLevels uniformLevels(std::uint32_t bits, ZeroPoint zeroPoint) {
  const std::int32_t half = 1 << (bits - 1);
  return {zeroPoint == ZeroPoint::Off ? -(half - 1) : -half, half - 1};
}

Extremes extremesOf(std::span<const float> values) { return extremes(values.data(), values.size()); }

UniformLevels uniformLevels(const Format& format) { return uniformLevels(codeBits(format.name), format.zeroPoint); }

Extremes extremesOfTensor(const QuantizedTensor& source, const JobContext& job) {
  const std::uint64_t total = source.shape.count();
  return parallelReduce(
      total, kValuesPerChunk, Extremes{},
      [&](std::uint64_t begin, std::uint64_t end, Extremes found) {
        std::vector<float> values(std::min<std::uint64_t>(kValuesPerChunk, end - begin));
        for (std::uint64_t first = begin; first < end; first += values.size()) {
          job.throwIfCancelled();
          const std::uint64_t count = std::min<std::uint64_t>(values.size(), end - first);
          decode(source, first, count, values.data());
          found = merge(found, extremes(values.data(), count));
        }
        return found;
      },
      merge);
}

float zeroPointOf(const UniformLevels& level, const Extremes& range, float scale) {
  if (scale == 0.0F) return 0.0F;
  return roundToEven(
      std::clamp(exactZeroPoint(level, range, scale), static_cast<float>(level.min), static_cast<float>(level.max)));
}

float squaredErrorOf(const Scheme& scheme, const UniformGrid& grid, const float* values, std::size_t count,
                     const float* importance) {
  const UniformLevels level = uniformLevels(scheme.format);
  return errorOf(values, importance, count, grid.scale, static_cast<float>(level.min) - grid.zeroPoint,
                 static_cast<float>(level.max) - grid.zeroPoint);
}

UniformGrid spanningGrid(const UniformLevels& level, ZeroPoint zeroPoint, ScaleType stored, const Extremes& range) {
  const bool symmetric = zeroPoint == ZeroPoint::Off;
  const float steps = static_cast<float>(symmetric ? level.max : level.max - level.min);
  const float extent = symmetric ? std::max(range.negative, range.positive) : range.positive + range.negative;
  UniformGrid grid;
  grid.range = range;
  // An extent beyond float32 (weights near ±3.4e38) takes the symmetric scale; no level may overflow either way.
  const bool representable = std::isfinite(extent);
  const float largestCode = representable ? steps : static_cast<float>(level.max);
  grid.scale = (representable ? extent : std::max(range.negative, range.positive)) / largestCode;
  if (!std::isfinite(grid.scale * largestCode)) grid.scale = std::nextafter(grid.scale, 0.0F);
  grid.computedScale = grid.scale;
  grid.scale = storedScale(stored, grid.scale);
  if (!symmetric) grid.zeroPoint = zeroPointOf(level, range, grid.scale);
  return grid;
}

UniformGrid chooseGrid(const Scheme& scheme, const Extremes& range) {
  return spanningGrid(uniformLevels(scheme.format), scheme.format.zeroPoint, scheme.format.scaleType, range);
}

UniformGrid chooseGrid(const Scheme& scheme, const float* values, std::size_t count, const float* importance) {
  switch (scheme.method.range) {
    case RangeMethod::Absmax:
    case RangeMethod::MinMax:
      return chooseGrid(scheme, extremes(values, count));
    case RangeMethod::Percentile:
      return chooseGrid(scheme, percentileRange(scheme, values, count));
    case RangeMethod::Mse:
      return leastError(scheme, values, count, importance);
  }
  return {};
}

/// Percentile and least error need all values at once.
UniformGrid chooseGridOfTensor(const Scheme& scheme, const QuantizedTensor& source, const RowImportance& importance,
                               const JobContext& job) {
  const std::uint64_t total = source.shape.count();
  if (scheme.method.range == RangeMethod::Absmax || scheme.method.range == RangeMethod::MinMax)
    return chooseGrid(scheme, extremesOfTensor(source, job));
  std::vector<float> values(total), weights;
  forEachRow(source, job, "Reading", [&](std::uint64_t row, const float* from) {
    std::copy_n(from, source.shape.rowValues(),
                values.begin() + static_cast<std::ptrdiff_t>(row * source.shape.rowValues()));
  });
  weights.reserve(importance.isEmpty() ? 0 : total);
  for (std::uint64_t row = 0; row < source.rows() && !importance.isEmpty(); ++row)
    weights.insert(weights.end(), importance.of(row).begin(), importance.of(row).end());
  return chooseGrid(scheme, values.data(), total, weights.empty() ? nullptr : weights.data());
}

}  // namespace core::quant
