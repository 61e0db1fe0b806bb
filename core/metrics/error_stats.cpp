#include "core/metrics/error_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/base/multiversion.h"
#include "core/base/parallel_chunks.h"
#include "core/metrics/lanes.h"
#include "core/quant/quantizer.h"

namespace core::metrics {

namespace {

struct PairSums {
  DoubleLanes xx, yy, xy, ee, maxError;
  CountLanes used;
};

/// @pre count is a multiple of kLanes
QS_MULTIVERSION void accumulatePairs(const float* original, const float* approximated, std::size_t count,
                                     PairSums* result) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  PairSums sums = *result;
  const DoubleLanes zero = {};
  for (std::size_t i = 0; i < count; i += kLanes) {
    FloatLanes a, b;
    std::memcpy(&a, original + i, sizeof(a));
    std::memcpy(&b, approximated + i, sizeof(b));
    DoubleLanes x = __builtin_convertvector(a, DoubleLanes);
    DoubleLanes y = __builtin_convertvector(b, DoubleLanes);
    const CountLanes finite = (x <= kLargest) & (x >= -kLargest) & (y <= kLargest) & (y >= -kLargest);
    x = finite ? x : zero;
    y = finite ? y : zero;
    const DoubleLanes error = x - y;
    const DoubleLanes size = error < 0.0 ? -error : error;
    sums.xx += x * x;
    sums.yy += y * y;
    sums.xy += x * y;
    sums.ee += error * error;
    sums.maxError = size > sums.maxError ? size : sums.maxError;
    sums.used -= finite;  // a true lane is −1
  }
  *result = sums;
}

}  // namespace

void ErrorStats::add(const float* original, const float* approximated, std::size_t count) {
  PairSums sums{};
  const std::size_t whole = count / kLanes * kLanes;
  accumulatePairs(original, approximated, whole, &sums);
  if (whole != count) {  // the last lanes: filled up with NaN, which no sum takes
    std::array<float, kLanes> x;
    std::array<float, kLanes> y{};
    x.fill(std::numeric_limits<float>::quiet_NaN());
    std::copy(original + whole, original + count, x.begin());
    std::copy(approximated + whole, approximated + count, y.begin());
    accumulatePairs(x.data(), y.data(), kLanes, &sums);
  }
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < kLanes; ++i) {
    used += static_cast<std::uint64_t>(sums.used[i]);
    m_sumXX += sums.xx[i];
    m_sumYY += sums.yy[i];
    m_sumXY += sums.xy[i];
    m_sumEE += sums.ee[i];
    m_maxAbsError = std::max(m_maxAbsError, static_cast<double>(sums.maxError[i]));
  }
  m_count += used;
  m_nonFinite += count - used;
}

void ErrorStats::merge(const ErrorStats& other) {
  m_count += other.m_count;
  m_nonFinite += other.m_nonFinite;
  m_sumXX += other.m_sumXX;
  m_sumYY += other.m_sumYY;
  m_sumXY += other.m_sumXY;
  m_sumEE += other.m_sumEE;
  m_maxAbsError = std::max(m_maxAbsError, other.m_maxAbsError);
}

double ErrorStats::mse() const { return m_count == 0 ? 0.0 : m_sumEE / static_cast<double>(m_count); }

double ErrorStats::rmse() const { return std::sqrt(mse()); }

double ErrorStats::sqnrDb() const {
  return m_sumEE == 0 ? std::numeric_limits<double>::infinity() : 10.0 * std::log10(m_sumXX / m_sumEE);
}

double ErrorStats::relativeError() const { return m_sumEE == 0 ? 0.0 : std::sqrt(m_sumEE / m_sumXX); }

double ErrorStats::cosine() const {
  if (m_sumXX == 0 && m_sumYY == 0) return 1.0;
  if (m_sumXX == 0 || m_sumYY == 0) return 0.0;
  return std::clamp(m_sumXY / (std::sqrt(m_sumXX) * std::sqrt(m_sumYY)), -1.0, 1.0);
}

ErrorStats compare(const tensor::TensorView& original, const quant::QuantizedTensor& quantized, const JobContext& job) {
  if (original.shape != quantized.shape)
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("Only tensors of one shape can be compared, but the original is {} and the quantized one {}.",
                    original.shape.toString(), quantized.shape.toString()),
        original.name);
  const std::uint64_t rows = quantized.rows();
  const std::uint64_t rowValues = quantized.rowValues();
  const std::uint64_t chunk = itemsPerChunk(rowValues);
  // Parts are kept apart and added in their order, so that the sums do not depend on which thread was first.
  std::vector<ErrorStats> parts(rows / chunk + 1);
  forEachChunk(rows, chunk, job, "Measuring the error", [&](std::uint64_t first, std::uint64_t count) {
    std::vector<float> x(count * rowValues);
    std::vector<float> y(x.size());
    quant::decode(original, first * rowValues, x.size(), x.data());
    quant::dequantizeRows(quantized, first, count, y.data());
    parts[first / chunk].add(x.data(), y.data(), x.size());
  });
  ErrorStats sum;
  for (const ErrorStats& part : parts) sum.merge(part);
  return sum;
}

double value(const ErrorStats& stats, Metric metric) {
  switch (metric) {
    case Metric::SqnrDb:
      return stats.sqnrDb();
    case Metric::RelativeError:
      return stats.relativeError();
    case Metric::Mse:
      return stats.mse();
    case Metric::Cosine:
      return stats.cosine();
    case Metric::MaxAbsError:
      break;
  }
  return stats.maxAbsError();
}

const char* toString(Metric metric) {
  switch (metric) {
    case Metric::SqnrDb:
      return "sqnr_db";
    case Metric::RelativeError:
      return "relative_error";
    case Metric::Mse:
      return "mse";
    case Metric::Cosine:
      return "cosine";
    case Metric::MaxAbsError:
      break;
  }
  return "max_abs_error";
}

}  // namespace core::metrics
