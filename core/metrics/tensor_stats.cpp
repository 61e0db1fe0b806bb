#include "core/metrics/tensor_stats.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/parallel_chunks.h"
#include "core/metrics/code_counts.h"
#include "core/metrics/histogram_axis.h"
#include "core/metrics/moments.h"
#include "core/metrics/value_reader.h"
#include "core/quant/quantizer.h"

namespace core::metrics {

namespace {

constexpr std::uint64_t kValuesPerTask = 64 * kReadValues;
constexpr double kOutlierSigmas = 6.0;

/// Calls body(values, count) for the values [first, first + total) in buffers that stay in the cache.
template <typename Body>
void forEachBuffer(const quant::QuantizedTensor& tensor, std::uint64_t first, std::uint64_t total, const Body& body) {
  std::array<double, kReadValues> buffer;
  for (std::uint64_t done = 0; done < total;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kReadValues, total - done));
    readValues(tensor, first + done, count, buffer.data());
    body(buffer.data(), count);
    done += count;
  }
}

/// Mean of up to 4096 values spread over the tensor: near enough to the mean to keep the power sums accurate.
double provisionalMean(const quant::QuantizedTensor& tensor, std::uint64_t count, double scale) {
  constexpr std::uint64_t kPlaces = 16;
  constexpr std::uint64_t kPerPlace = 256;
  std::array<double, kPerPlace> values;
  Moments sample(0.0, scale);
  for (std::uint64_t place = 0; place < kPlaces; ++place) {
    const std::uint64_t first = count / kPlaces * place;
    const auto taken = static_cast<std::size_t>(std::min(kPerPlace, count - first));
    readValues(tensor, first, taken, values.data());
    sample.add(values.data(), taken);
  }
  return sample.mean() * scale;
}

Moments moments(const quant::QuantizedTensor& tensor, double scale, const JobContext& job) {
  const std::uint64_t count = tensor.shape.count();
  const Moments start(count == 0 ? 0.0 : provisionalMean(tensor, count, scale), scale);
  // Parts are kept apart and added in their order, so that the sums do not depend on which thread was first.
  std::vector<Moments> parts(count / kValuesPerTask + 1, start);
  forEachChunk(count, kValuesPerTask, job, "Reading values", [&](std::uint64_t first, std::uint64_t chunk) {
    Moments& part = parts[first / kValuesPerTask];
    forEachBuffer(tensor, first, chunk, [&](const double* values, std::size_t n) { part.add(values, n); });
  });
  Moments sum = start;
  for (const Moments& part : parts) sum.merge(part);
  return sum;
}

struct Tally {
  Histogram histogram;
  std::uint64_t outliers = 0;
};

/// Second pass: bins, and values more than `distance` from the mean.
Tally tally(const quant::QuantizedTensor& tensor, const HistogramAxis& axis, double mean, double distance,
            const JobContext& job) {
  PerThread<Tally> threads(Tally{axis.empty()});
  const auto chunk = [&](std::uint64_t first, std::uint64_t count) {
    Tally& own = threads.local();
    forEachBuffer(tensor, first, count, [&](const double* values, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) {
        axis.add(own.histogram, values[i]);
        own.outliers += std::isfinite(values[i]) && std::abs(values[i] - mean) > distance ? 1U : 0U;
      }
    });
  };
  forEachChunk(tensor.shape.count(), kValuesPerTask, job, "Sorting values into bins", chunk);
  Tally sum{axis.empty()};
  threads.forEach([&](const Tally& part) {
    merge(sum.histogram, part.histogram);
    sum.outliers += part.outliers;
  });
  return sum;
}

/// Calls body(value, count) for every code that occurs.
template <typename Body>
void forEachFinite(const CodeCounts& codes, const Body& body) {
  for (std::size_t code = 0; code < codes.counts.size(); ++code)
    if (codes.counts[code] != 0 && std::isfinite(codes.values[code]))
      body(codes.values[code], static_cast<double>(codes.counts[code]));
}

void countExtremes(const CodeCounts& codes, TensorStats& stats) {
  for (std::size_t code = 0; code < codes.counts.size(); ++code) {
    const std::uint64_t count = codes.counts[code];
    const double value = codes.values[code];
    if (count == 0) continue;
    stats.count += count;
    stats.nonFinite.nan += std::isnan(value) ? count : 0;
    stats.nonFinite.inf += std::isinf(value) ? count : 0;
    stats.zeros += value == 0.0 ? count : 0;
    if (!std::isfinite(value)) continue;
    stats.min = stats.finite == 0 ? value : std::min(stats.min, value);
    stats.max = stats.finite == 0 ? value : std::max(stats.max, value);
    stats.finite += count;
  }
  if (stats.finite != 0) stats.absMax = std::max(std::abs(stats.min), std::abs(stats.max));
}

/// Products of count and value are exact in double for most types; the rounding of their sum is carried along
/// (Neumaier's summation), since values of all sizes cancel.
double meanOf(const CodeCounts& codes, double n) {
  double sum = 0, lost = 0;
  forEachFinite(codes, [&](double value, double count) {
    const double term = count * value;
    const double next = sum + term;
    lost += std::abs(sum) >= std::abs(term) ? (sum - next) + term : (term - next) + sum;
    sum = next;
  });
  return (sum + lost) / n;
}

TensorStats statsOf(const CodeCounts& codes) {
  TensorStats stats;
  countExtremes(codes, stats);
  if (stats.finite == 0) return stats;
  stats.standardDeviation = 0;
  if (stats.min == stats.max) {
    stats.mean = stats.min;
    return stats;
  }
  const double n = static_cast<double>(stats.finite);
  stats.mean = meanOf(codes, n);
  double second = 0, fourth = 0;
  forEachFinite(codes, [&](double value, double count) {
    const double square = (value - stats.mean) * (value - stats.mean);
    second += count * square;
    fourth += count * square * square;
  });
  const double variance = second / n;
  stats.standardDeviation = std::sqrt(variance);
  stats.kurtosis = fourth / n / (variance * variance);
  forEachFinite(codes, [&](double value, double count) {
    const bool outlier = std::abs(value - stats.mean) > kOutlierSigmas * stats.standardDeviation;
    stats.outliers6Sigma += outlier ? static_cast<std::uint64_t>(count) : 0;
  });
  return stats;
}

/// Counting goes by too fast to say where; a damaged tensor is read once more.
void locateNonFinite(const quant::QuantizedTensor& tensor, const JobContext& job, TensorStats& stats) {
  if (stats.nonFinite.count() != 0) stats.nonFinite = nonFiniteValues(tensor, job);
}

Histogram histogramOf(const CodeCounts& codes, const HistogramAxis& axis) {
  Histogram result = axis.empty();
  for (std::size_t code = 0; code < codes.counts.size(); ++code)
    if (codes.counts[code] != 0) axis.add(result, codes.values[code], codes.counts[code]);
  return result;
}

TensorStats statsByReading(const quant::QuantizedTensor& tensor, const JobContext& job) {
  TensorStats stats = moments(tensor, 1.0, job).stats();
  // Fourth powers of values beyond 10^±60 leave the range of doubles (only FP64 and integers get there).
  const bool extreme = stats.absMax > 0 && (stats.absMax < 1e-60 || stats.absMax > 1e60);
  if (!extreme) return stats;
  const double scale = std::min(1 / stats.absMax, 0x1p1000);
  return moments(tensor, scale, job).stats();
}

}  // namespace

TensorSummary summarize(const quant::QuantizedTensor& tensor, std::size_t bins, const JobContext& job) {
  checkBins(bins);
  TensorSummary summary;
  if (isCountable(tensor)) {
    const CodeCounts codes = countCodes(tensor, job);
    summary.stats = statsOf(codes);
    locateNonFinite(tensor, job.part(1.0, 1.0), summary.stats);
    summary.histogram = histogramOf(codes, HistogramAxis::over(summary.stats, bins));
    return summary;
  }
  summary.stats = statsByReading(tensor, job.part(0.0, 0.5));
  locateNonFinite(tensor, job.part(0.5, 0.5), summary.stats);
  Tally second = tally(tensor, HistogramAxis::over(summary.stats, bins), summary.stats.mean,
                       kOutlierSigmas * summary.stats.standardDeviation, job.part(0.5, 1.0));
  summary.histogram = std::move(second.histogram);
  summary.stats.outliers6Sigma = second.outliers;
  return summary;
}

TensorSummary summarize(const float* values, std::size_t count, std::size_t bins) {
  tensor::TensorView view;
  view.shape = tensor::Shape{count};
  view.bytes = std::as_bytes(std::span(values, count));
  return summarize(view, bins);
}

Histogram histogram(const quant::QuantizedTensor& tensor, double low, double high, std::size_t bins,
                    const JobContext& job) {
  const HistogramAxis axis(low, high, bins);
  if (isCountable(tensor)) return histogramOf(countCodes(tensor, job), axis);
  return tally(tensor, axis, 0.0, 0.0, job).histogram;
}

}  // namespace core::metrics
