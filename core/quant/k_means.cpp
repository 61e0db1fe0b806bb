#include "core/quant/k_means.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/numeric/half.h"
#include "core/quant/bit_stream.h"
#include "core/quant/row_importance.h"
#include "core/quant/tensor_rows.h"

namespace core::quant {

namespace {

constexpr std::size_t kHistogramBins = 1024;
constexpr int kIterations = 30;

/// Sums over the first n sorted values (or bins): weight, weight · x, weight · x².
struct Moments {
  double weight = 0.0, first = 0.0, second = 0.0;
};

Moments difference(const Moments& a, const Moments& b) {
  return {a.weight - b.weight, a.first - b.first, a.second - b.second};
}
double squaredError(const Moments& m) {
  return m.weight > 0.0 ? std::max(0.0, m.second - m.first * m.first / m.weight) : 0.0;
}

void sortTogether(std::vector<float>& values, std::vector<float>& weights) {
  if (weights.empty()) return std::sort(values.begin(), values.end());
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<float> sorted(values.size()), sortedWeights(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) sorted[i] = values[order[i]], sortedWeights[i] = weights[order[i]];
  values = std::move(sorted);
  weights = std::move(sortedWeights);
}

/// Sums up to every value. Values are taken relative to their middle, so that the squares do not cancel.
std::vector<Moments> prefixSums(const std::vector<float>& values, const std::vector<float>& weights, double origin) {
  std::vector<Moments> sums(values.size() + 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(values[i]) - origin;
    const double w = weights.empty() ? 1.0 : static_cast<double>(weights[i]);
    sums[i + 1] = {sums[i].weight + w, sums[i].first + w * x, sums[i].second + w * x * x};
  }
  return sums;
}

/// Where bins end: half of them by rank, half by value, so that neither the middle nor a tail is coarse. Few values:
/// one each. @return ends, as indices into the sorted values
std::vector<std::size_t> binEnds(const std::vector<float>& values) {
  std::vector<std::size_t> ends;
  const double width = static_cast<double>(values.back()) - static_cast<double>(values.front());
  const auto binOf = [&](std::size_t i) {
    const double rank = static_cast<double>(i) / static_cast<double>(values.size());
    const double place =
        width > 0.0 ? (static_cast<double>(values[i]) - static_cast<double>(values.front())) / width : 0.0;
    return static_cast<std::size_t>(rank * (kHistogramBins / 2)) +
           static_cast<std::size_t>(place * (kHistogramBins / 2 - 1));
  };
  const bool each = values.size() <= kHistogramBins;
  for (std::size_t i = 1; i < values.size(); ++i)
    if (each ? values[i] != values[i - 1] : binOf(i) != binOf(i - 1)) ends.push_back(i);
  ends.push_back(values.size());
  return ends;
}

/// The dynamic programme: row j holds the least error of the first m bins in j + 1 clusters.
class Partition {
 public:
  Partition(std::vector<Moments> sums, std::size_t clusters)
      : m_sums(std::move(sums)), m_best(m_sums.size()), m_cuts(clusters, std::vector<std::uint32_t>(m_sums.size())) {
    for (std::size_t m = 0; m < m_sums.size(); ++m) m_best[m] = squaredError(m_sums[m]);
    for (std::size_t j = 1; j < clusters; ++j) {
      m_next.assign(m_sums.size(), 0.0);
      fill(j, 0, m_sums.size(), 0, m_sums.size() - 1);
      m_best.swap(m_next);
    }
  }

  /// Bins at which the clusters end.
  std::vector<std::size_t> ends() const {
    std::vector<std::size_t> result(m_cuts.size(), m_sums.size() - 1);
    for (std::size_t j = m_cuts.size() - 1; j > 0; --j) result[j - 1] = m_cuts[j][result[j]];
    return result;
  }

 private:
  /// Rows [first, last) of column j; the best cut grows with the row, so the halves bound each other.
  void fill(std::size_t j, std::size_t first, std::size_t last, std::size_t lowest, std::size_t highest) {
    if (first >= last) return;
    const std::size_t m = first + (last - first) / 2;
    double least = std::numeric_limits<double>::infinity();
    std::size_t cut = lowest;
    for (std::size_t i = lowest; i <= std::min(m, highest); ++i) {
      const double error = m_best[i] + squaredError(difference(m_sums[m], m_sums[i]));
      if (error < least) least = error, cut = i;
    }
    m_next[m] = least;
    m_cuts[j][m] = static_cast<std::uint32_t>(cut);
    fill(j, first, m, lowest, cut);
    fill(j, m + 1, last, cut, highest);
  }

  std::vector<Moments> m_sums;
  std::vector<double> m_best, m_next;
  std::vector<std::vector<std::uint32_t>> m_cuts;
};

/// Moves the ends of clusters to the middle between their means until nothing moves.
void refine(const std::vector<float>& values, const std::vector<Moments>& sums, double origin,
            std::vector<std::size_t>& ends, std::vector<float>& levels) {
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    for (std::size_t j = 0; j < ends.size(); ++j) {
      const Moments m = difference(sums[ends[j]], sums[j == 0 ? 0 : ends[j - 1]]);
      if (m.weight > 0.0) levels[j] = static_cast<float>(origin + m.first / m.weight);
    }
    std::sort(levels.begin(), levels.end());
    bool moved = false;
    for (std::size_t j = 0; j + 1 < ends.size(); ++j) {
      const float middle =
          static_cast<float>((static_cast<double>(levels[j]) + static_cast<double>(levels[j + 1])) / 2);
      const auto end =
          static_cast<std::size_t>(std::upper_bound(values.begin(), values.end(), middle) - values.begin());
      moved = moved || end != ends[j];
      ends[j] = end;
    }
    if (!moved) return;
  }
}

float storedLevel(ScaleType type, float level) {
  if (type == ScaleType::Fp32) return level;
  const float stored = storedScale(type, std::fabs(level));
  return std::copysign(stored, level);
}

/// Learns the levels of one group; `importance` is null or one weight per value.
void learn(const float* from, std::uint64_t count, const float* importance, ScaleType type, std::span<float> levels) {
  std::vector<float> values, weights;
  values.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!std::isfinite(from[i])) continue;
    values.push_back(from[i]);
    if (importance != nullptr) weights.push_back(importance[i]);
  }
  const std::vector<float> found = kMeansLevels(values, weights, levels.size());
  std::transform(found.begin(), found.end(), levels.begin(), [type](float level) { return storedLevel(type, level); });
}

}  // namespace

std::uint8_t nearestKMeansCode(std::span<const float> levels, float value) {
  std::size_t code = 0;
  for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
    const double middle = (static_cast<double>(levels[i]) + static_cast<double>(levels[i + 1])) / 2;
    code += static_cast<double>(value) > middle ? 1 : 0;
  }
  return static_cast<std::uint8_t>(code);
}

std::vector<float> kMeansLevels(std::vector<float>& values, std::vector<float>& weights, std::size_t count) {
  std::vector<float> levels(count, 0.0F);
  if (values.empty()) return levels;
  if (std::all_of(weights.begin(), weights.end(), [](float w) { return w == 0.0F; })) weights.clear();
  sortTogether(values, weights);
  const double origin = (static_cast<double>(values.front()) + static_cast<double>(values.back())) / 2;
  const std::vector<Moments> sums = prefixSums(values, weights, origin);
  const std::vector<std::size_t> bins = binEnds(values);
  std::vector<Moments> binSums(1);
  for (const std::size_t end : bins) binSums.push_back(sums[end]);
  const std::size_t clusters = std::min(count, bins.size());
  std::vector<std::size_t> ends = Partition(std::move(binSums), clusters).ends();
  for (std::size_t& end : ends) end = end == 0 ? 0 : bins[end - 1];
  levels.assign(clusters, values.back());
  refine(values, sums, origin, ends, levels);
  levels.resize(count, levels.back());
  return levels;
}

void quantizeKMeans(const QuantizedTensor& source, const Scheme& scheme, const TensorCalibration* calibration,
                    const JobContext& job, LearnedCodeBooks& out, std::uint8_t* payload) {
  const std::uint64_t rowValues = source.shape.rowValues();
  const bool wantsImportance = scheme.method.name == MethodName::ImportanceMatrix;
  const RowImportance importance(wantsImportance ? calibration : nullptr, source.shape);
  out.bits = codeBits(scheme.format.name);
  out.grouping = scheme.format.grouping;
  out.levelType = scheme.format.scaleType;
  const std::size_t count = std::size_t{1} << out.bits;
  out.levels.resize(groupCount(out.grouping, source.shape) * count);
  const auto levelsOfGroup = [&](std::uint64_t group) { return std::span(out.levels).subspan(group * count, count); };
  if (out.levels.empty()) return;

  const bool isWhole = out.grouping.granularity == Granularity::Tensor;
  if (isWhole) {
    std::vector<float> all(source.shape.count()), weights;
    forEachRow(source, job, "Reading", [&](std::uint64_t row, const float* values) {
      std::copy_n(values, rowValues, all.data() + row * rowValues);
    });
    for (std::uint64_t row = 0; row < source.rows() && !importance.isEmpty(); ++row)
      weights.insert(weights.end(), importance.of(row).begin(), importance.of(row).end());
    learn(all.data(), all.size(), weights.empty() ? nullptr : weights.data(), out.levelType, levelsOfGroup(0));
  }
  const std::uint64_t rowBytes = codeRowBytes(out.bits, rowValues);
  PerThread<std::vector<std::uint8_t>> rowCodes({});
  forEachRow(source, job, "Quantizing", [&](std::uint64_t row, const float* values) {
    std::vector<std::uint8_t>& codes = rowCodes.local();
    codes.resize(rowValues);
    forEachRun(out.grouping, rowValues, row, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
      const std::span<float> levels = levelsOfGroup(g);
      if (!isWhole) learn(values + at, n, importance.at(row, at), out.levelType, levels);
      for (std::uint64_t i = at; i < at + n; ++i)
        codes[i] = nearestKMeansCode(levels, std::isnan(values[i]) ? 0.0F : values[i]);
    });
    packBits(codes.data(), rowValues, out.bits, payload + row * rowBytes);
  });
}

}  // namespace core::quant
