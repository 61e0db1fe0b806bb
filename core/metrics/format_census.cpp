#include "core/metrics/format_census.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/parallel_chunks.h"
#include "core/metrics/code_counts.h"
#include "core/metrics/value_reader.h"
#include "core/numeric/nearest_value.h"

namespace core::metrics {

namespace {

using numeric::FormatKind;
using numeric::NearestValue;

/// One format's rounding, and how to tell fates apart.
class Judge {
 public:
  explicit Judge(const CensusFormat& one)
      : m_nearest(one.format, one.scale, one.overflow),
        m_smallestNormal(one.format.kind == FormatKind::Float ? std::ldexp(1.0, 1 - one.format.bias) : 0),
        m_isPowerOfTwo(one.format.kind == FormatKind::PowerOfTwo) {}

  void add(double x, std::uint64_t times, FormatCensus& census) const {
    if (!std::isfinite(x)) {
      census.groups[static_cast<std::size_t>(Fate::NonFinite)].count += times;
      return;
    }
    const NearestValue::Landing landing = m_nearest(x);
    FormatCensus::Group& group = census.groups[static_cast<std::size_t>(fateOf(x, landing))];
    group.count += times;
    if (!std::isfinite(landing.value)) return;
    const double weight = static_cast<double>(times), error = landing.value - x;
    group.squaredError += weight * (error * error);
    census.squares += weight * (x * x);
  }

 private:
  Fate fateOf(double x, const NearestValue::Landing& landing) const {
    if (!std::isfinite(landing.value)) return Fate::Overflowed;
    const double size = std::abs(landing.value);
    // Powers of two have no zero: what is far below the first becomes it (negative numbers where they saturate).
    if (landing.beyond || (m_isPowerOfTwo && x < size / 2)) return Fate::Clipped;
    if (landing.value == 0) return x == 0 ? Fate::Zero : Fate::BecameZero;
    if (size < m_smallestNormal) return Fate::Subnormal;
    return landing.value == x ? Fate::Exact : Fate::Rounded;
  }

  NearestValue m_nearest;
  double m_smallestNormal;
  bool m_isPowerOfTwo;
};

std::vector<Judge> judgesOf(std::span<const CensusFormat> formats) {
  return std::vector<Judge>(formats.begin(), formats.end());
}

void addAll(const std::vector<Judge>& judges, const double* values, std::size_t count,
            std::vector<FormatCensus>& censuses) {
  for (std::size_t f = 0; f < judges.size(); ++f)
    for (std::size_t i = 0; i < count; ++i) judges[f].add(values[i], 1, censuses[f]);
}

void merge(const FormatCensus& part, FormatCensus& sum) {
  for (std::size_t fate = 0; fate < kFates; ++fate) {
    sum.groups[fate].count += part.groups[fate].count;
    sum.groups[fate].squaredError += part.groups[fate].squaredError;
  }
  sum.squares += part.squares;
}

std::vector<FormatCensus> byCodes(const CodeCounts& codes, const std::vector<Judge>& judges, const JobContext& job) {
  std::vector<FormatCensus> censuses(judges.size());
  forEachChunk(judges.size(), 1, job, "Rounding values", [&](std::uint64_t first, std::uint64_t) {
    for (std::size_t code = 0; code < codes.counts.size(); ++code)
      if (codes.counts[code] != 0) judges[first].add(codes.values[code], codes.counts[code], censuses[first]);
  });
  return censuses;
}

}  // namespace

const char* toString(Fate fate) {
  constexpr std::array<const char*, kFates> kNames = {"exact", "rounded", "subnormal",  "became_zero",
                                                      "zero",  "clipped", "overflowed", "non_finite"};
  return kNames[static_cast<std::size_t>(fate)];
}

std::uint64_t FormatCensus::count() const {
  std::uint64_t sum = 0;
  for (const Group& group : groups) sum += group.count;
  return sum;
}

double FormatCensus::squaredError() const {
  double sum = 0;
  for (const Group& group : groups) sum += group.squaredError;
  return sum;
}

double FormatCensus::relativeSquaredError() const {
  const std::uint64_t lost = (*this)[Fate::Overflowed].count + (*this)[Fate::NonFinite].count;
  if (count() == lost) return std::numeric_limits<double>::quiet_NaN();
  const double error = squaredError();
  return error == 0 ? 0 : error / squares;
}

double FormatCensus::errorShare(Fate fate) const {
  const double error = squaredError();
  return error == 0 ? 0 : (*this)[fate].squaredError / error;
}

std::vector<FormatCensus> formatCensus(const quant::QuantizedTensor& tensor, std::span<const CensusFormat> formats,
                                       const JobContext& job) {
  const std::vector<Judge> judges = judgesOf(formats);
  if (isCountable(tensor)) return byCodes(countCodes(tensor, job.part(0.0, 0.5)), judges, job.part(0.5, 1.0));
  constexpr std::uint64_t kCensusValuesPerTask = 16 * kReadValues;
  const std::uint64_t total = tensor.shape.count();
  // Parts are kept apart and added in their order, so that the sums do not depend on which thread was first.
  std::vector<std::vector<FormatCensus>> parts(total / kCensusValuesPerTask + 1,
                                               std::vector<FormatCensus>(judges.size()));
  forEachChunk(total, kCensusValuesPerTask, job, "Rounding values", [&](std::uint64_t first, std::uint64_t count) {
    std::array<double, kReadValues> values;
    for (std::uint64_t done = 0; done < count; done += kReadValues) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kReadValues, count - done));
      readValues(tensor, first + done, n, values.data());
      addAll(judges, values.data(), n, parts[first / kCensusValuesPerTask]);
    }
  });
  std::vector<FormatCensus> censuses(judges.size());
  for (const auto& part : parts)
    for (std::size_t f = 0; f < judges.size(); ++f) merge(part[f], censuses[f]);
  return censuses;
}

std::vector<FormatCensus> formatCensus(std::span<const double> values, std::span<const CensusFormat> formats) {
  std::vector<FormatCensus> censuses(formats.size());
  addAll(judgesOf(formats), values.data(), values.size(), censuses);
  return censuses;
}

}  // namespace core::metrics
