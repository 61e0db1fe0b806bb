#include "core/metrics/error_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/base/multiversion.h"
#include "core/base/parallel_chunks.h"
#include "core/metrics/lanes.h"
#include "core/metrics/value_reader.h"
#include "core/quant/quantizer.h"

namespace core::metrics {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct PairSums {
  DoubleLanes xx, yy, xy, ee, maxError;
  CountLanes used;
};

/// @pre count is a multiple of kLanes
QS_MULTIVERSION void accumulatePairs(const float* original, const float* approximated, std::size_t count,
                                     PairSums* result) {
  constexpr double kLargestNumber = std::numeric_limits<double>::max();
  PairSums sums = *result;
  const DoubleLanes zero = {};
  for (std::size_t i = 0; i < count; i += kLanes) {
    FloatLanes a, b;
    std::memcpy(&a, original + i, sizeof(a));
    std::memcpy(&b, approximated + i, sizeof(b));
    DoubleLanes x = __builtin_convertvector(a, DoubleLanes);
    DoubleLanes y = __builtin_convertvector(b, DoubleLanes);
    const CountLanes finite =
        (x <= kLargestNumber) & (x >= -kLargestNumber) & (y <= kLargestNumber) & (y >= -kLargestNumber);
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

bool isSame(double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); }

}  // namespace

const char* toString(Outcome outcome) {
  switch (outcome) {
    case Outcome::Nothing:
      return "nothing";
    case Outcome::Exact:
      return "exact";
    case Outcome::Finite:
      return "finite";
    case Outcome::Infinite:
      break;
  }
  return "infinite";
}

/// The pairs that no sum takes: rare, so they are looked for only where the sums took fewer than there are.
template <typename Original>
void ErrorStats::addIrregular(const Original* original, const float* approximated, std::size_t count,
                              std::uint64_t firstIndex) {
  for (std::size_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(original[i]);
    const double y = static_cast<double>(approximated[i]);
    m_nonFinite.add(x, firstIndex + i);
    if (std::isfinite(x))
      m_overflowed.add(y, firstIndex + i);
    else if (!isSame(x, y))
      ++m_replaced;
  }
}

void ErrorStats::add(const float* original, const float* approximated, std::size_t count, std::uint64_t firstIndex) {
  assert(m_exponent == 0);
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
  if (used != count) addIrregular(original, approximated, count, firstIndex);
}

void ErrorStats::add(const double* original, const float* approximated, std::size_t count, std::uint64_t firstIndex) {
  // Multiplying by a power of two is exact; what becomes too small for it is nothing beside the largest value.
  const double scale = std::ldexp(1.0, -m_exponent);
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(original[i]) || !std::isfinite(approximated[i])) continue;
    ++used;
    const double x = original[i] * scale;
    const double y = static_cast<double>(approximated[i]) * scale;
    const double error = x - y;
    m_sumXX += x * x;
    m_sumYY += y * y;
    m_sumXY += x * y;
    m_sumEE += error * error;
    m_maxAbsError = std::max(m_maxAbsError, std::abs(original[i] - static_cast<double>(approximated[i])));
  }
  m_count += used;
  if (used != count) addIrregular(original, approximated, count, firstIndex);
}

std::optional<ErrorStats::Sums> ErrorStats::sums() const {
  if (m_nonFinite.count() + m_overflowed.count() != 0) return std::nullopt;
  return Sums{m_count, m_exponent, m_sumXX, m_sumYY, m_sumXY, m_sumEE, m_maxAbsError};
}

ErrorStats ErrorStats::fromSums(const Sums& sums) {
  ErrorStats stats(0, sums.exponent);  // positions are of what there is none of
  stats.m_count = sums.count;
  stats.m_sumXX = sums.xx;
  stats.m_sumYY = sums.yy;
  stats.m_sumXY = sums.xy;
  stats.m_sumEE = sums.ee;
  stats.m_maxAbsError = sums.maxAbsError;
  return stats;
}

void ErrorStats::merge(const ErrorStats& other) {
  assert(m_rowValues == other.m_rowValues && m_exponent == other.m_exponent);
  m_count += other.m_count;
  m_replaced += other.m_replaced;
  m_nonFinite.merge(other.m_nonFinite);
  m_overflowed.merge(other.m_overflowed);
  m_sumXX += other.m_sumXX;
  m_sumYY += other.m_sumYY;
  m_sumXY += other.m_sumXY;
  m_sumEE += other.m_sumEE;
  m_maxAbsError = std::max(m_maxAbsError, other.m_maxAbsError);
}

Outcome ErrorStats::outcome() const {
  if (m_overflowed.count() != 0) return Outcome::Infinite;
  if (m_count == 0) return Outcome::Nothing;
  return m_maxAbsError == 0 && m_replaced == 0 ? Outcome::Exact : Outcome::Finite;
}

double ErrorStats::mse() const {
  if (m_overflowed.count() != 0) return kInfinity;
  return m_count == 0 ? kNan : std::ldexp(m_sumEE / static_cast<double>(m_count), 2 * m_exponent);
}

double ErrorStats::rmse() const {
  if (m_overflowed.count() != 0) return kInfinity;
  return m_count == 0 ? kNan : std::ldexp(std::sqrt(m_sumEE / static_cast<double>(m_count)), m_exponent);
}

double ErrorStats::sqnrDb() const {
  if (m_overflowed.count() != 0) return -kInfinity;
  if (m_count == 0) return kNan;
  return m_sumEE == 0 ? kInfinity : 10.0 * std::log10(m_sumXX / m_sumEE);
}

double ErrorStats::relativeError() const {
  if (m_overflowed.count() != 0) return kInfinity;
  if (m_count == 0) return kNan;
  return m_sumEE == 0 ? 0.0 : std::sqrt(m_sumEE / m_sumXX);
}

double ErrorStats::cosine() const {
  if (m_overflowed.count() != 0 || m_count == 0) return kNan;
  if (m_sumXX == 0 && m_sumYY == 0) return 1.0;
  if (m_sumXX == 0 || m_sumYY == 0) return 0.0;
  return std::clamp(m_sumXY / (std::sqrt(m_sumXX) * std::sqrt(m_sumYY)), -1.0, 1.0);
}

double ErrorStats::maxAbsError() const {
  if (m_overflowed.count() != 0) return kInfinity;
  return m_count == 0 ? kNan : m_maxAbsError;
}

namespace {

/// Adds rows [first, first + count), their originals as doubles.
void addWideRows(const quant::QuantizedTensor& original, const float* approximated, std::uint64_t firstIndex,
                 std::uint64_t total, ErrorStats& stats) {
  std::array<double, kReadValues> values;
  for (std::uint64_t done = 0; done < total; done += kReadValues) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kReadValues, total - done));
    readValues(original, firstIndex + done, n, values.data());
    stats.add(values.data(), approximated + done, n, firstIndex + done);
  }
}

}  // namespace

ErrorStats compare(const quant::QuantizedTensor& original, const quant::QuantizedTensor& quantized,
                   const JobContext& job) {
  if (original.shape != quantized.shape)
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("Only tensors of one shape can be compared, but the original is {} and the quantized one {}.",
                    original.shape.toString(), quantized.shape.toString()),
        original.name);
  const std::uint64_t rows = quantized.rows();
  const std::uint64_t rowValues = quantized.rowValues();
  const std::uint64_t chunk = itemsPerChunk(rowValues);
  const ErrorStats start(rowValues, exponentOf(original, job.part(0.0, 0.0)));
  // Parts are kept apart and added in their order, so that the sums do not depend on which thread was first.
  std::vector<ErrorStats> parts(rows / chunk + 1, start);
  forEachChunk(rows, chunk, job, "Measuring the error", [&](std::uint64_t first, std::uint64_t count) {
    std::vector<float> y(count * rowValues);
    quant::dequantizeRows(quantized, first, count, y.data());
    ErrorStats& part = parts[first / chunk];
    if (isWide(original)) return addWideRows(original, y.data(), first * rowValues, y.size(), part);
    std::vector<float> x(y.size());
    quant::decode(original, first * rowValues, x.size(), x.data());
    part.add(x.data(), y.data(), x.size(), first * rowValues);
  });
  ErrorStats sum = start;
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
      return stats.maxAbsError();
    case Metric::OutputError:
    case Metric::MeasuredKl:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
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
      return "max_abs_error";
    case Metric::OutputError:
      return "output_error";
    case Metric::MeasuredKl:
      break;
  }
  return "measured_kl";
}

bool isWorse(const ErrorStats& a, const ErrorStats& b, Metric metric) {
  const auto damage = [](const ErrorStats& stats) {
    if (stats.outcome() == Outcome::Nothing) return 2;
    return stats.nonFinite().count() + stats.overflowed().count() != 0 ? 1 : 0;
  };
  if (damage(a) != damage(b)) return damage(a) > damage(b);
  const bool largerIsBetter = metric == Metric::SqnrDb || metric == Metric::Cosine;
  const auto badness = [&](const ErrorStats& stats) {
    const double number = value(stats, metric);
    return std::isnan(number) ? kInfinity : largerIsBetter ? -number : number;
  };
  return badness(a) > badness(b);
}

}  // namespace core::metrics
