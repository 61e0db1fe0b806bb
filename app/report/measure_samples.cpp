#include "app/report/measure_samples.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "app/selection/weight_reader.h"

namespace app::report {

namespace {

using core::numeric::FormatId;

constexpr std::size_t kSampleBins = 140;
constexpr std::size_t kMostLevels = 4;  ///< rows of ticks over a histogram

/// Matrices with values, by ascending kurtosis.
std::vector<std::size_t> byKurtosis(const ReportData& data) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < data.matrices.size(); ++i) {
    if (data.matrices[i].stats.finite != 0) order.push_back(i);
  }
  const auto kurtosis = [&](std::size_t i) {  // a constant matrix has none: the least of all
    const double value = data.matrices[i].stats.kurtosis;
    return std::isnan(value) ? 0.0 : value;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return kurtosis(a) < kurtosis(b); });
  return order;
}

/// The levels of what is compared, few before many: those of many levels are a solid band.
std::vector<HistogramLevels> levelsAround(const ReportData& data, std::size_t tensor, std::uint64_t weight,
                                          const core::JobContext& job) {
  const auto weights = data.model->tensor(tensor);
  const auto calibration = data.model->calibration().current();
  std::vector<HistogramLevels> levels;
  for (std::size_t i = 0; i < data.treatments.size(); ++i) {
    const auto scheme = data.treatments[i].schemeOf(tensor);
    const bool isThere = std::any_of(levels.begin(), levels.end(),
                                     [&](const HistogramLevels& other) { return other.view.scheme == scheme; });
    if (!scheme || isThere) continue;
    SchemeView view = viewScheme(*weights, *scheme, weight, job, calibration.get());
    if (!view.grid.levels.empty()) levels.push_back({i, std::move(view)});
  }
  std::stable_sort(levels.begin(), levels.end(), [](const HistogramLevels& a, const HistogramLevels& b) {
    return a.view.grid.levels.size() < b.view.grid.levels.size();
  });
  if (levels.size() > kMostLevels) levels.resize(kMostLevels);
  return levels;
}

HistogramData measureHistogram(const ReportData& data, std::size_t matrix, bool mostOutliers,
                               const core::JobContext& job) {
  const std::size_t tensor = data.matrices[matrix].tensor;
  const auto weights = data.model->tensor(tensor);
  const core::quant::QuantizedTensor& view = *weights;
  HistogramData histogram;
  histogram.matrix = matrix;
  histogram.mostOutliers = mostOutliers;
  histogram.logarithmic = mostOutliers;  // a linear axis would hide the tails
  histogram.summary = core::metrics::summarize(view, kSampleBins);
  const std::uint64_t around =
      mostOutliers ? largestWeight(*data.model, tensor, job) : view.shape.count() / 2 + view.shape.rowValues() / 2;
  const std::uint64_t shown = std::min(around, view.shape.count() - 1);
  histogram.levels = levelsAround(data, tensor, shown, job);
  histogram.origin = readWeight(*data.model, tensor, shown).origin;
  return histogram;
}

/// Largest magnitude in each block of 64 of a row, for every weight of the block.
std::vector<float> blockAbsmax(const std::vector<float>& row) {
  constexpr std::size_t kBlock = 64;
  std::vector<float> result(row.size());
  for (std::size_t first = 0; first < row.size(); first += kBlock) {
    const std::size_t end = std::min(first + kBlock, row.size());
    float largest = 0;
    for (std::size_t i = first; i < end; ++i) largest = std::max(largest, std::abs(row[i]));
    std::fill(result.begin() + static_cast<std::ptrdiff_t>(first), result.begin() + static_cast<std::ptrdiff_t>(end),
              largest);
  }
  return result;
}

bool isExactInFp8(float value) {
  const auto& format = core::numeric::numberFormat(FormatId::Fp8E4M3);
  const double wanted = static_cast<double>(value);
  return core::numeric::decode(format, core::numeric::encode(format, wanted)) == wanted;
}

/// The weight whose magnitude is nearest to a target, looked for in the middle row of the matrix. One that a small
/// format happens to hold exactly (the largest of a block, a short mantissa) would teach nothing and is passed over
/// while there is another.
std::uint64_t weightNear(const ReportData& data, std::size_t tensor, double magnitude) {
  const auto weights = data.model->tensor(tensor);
  const core::quant::QuantizedTensor& view = *weights;
  const std::uint64_t first = view.shape.rows() / 2 * view.shape.rowValues();
  std::vector<float> row(view.shape.rowValues());
  core::quant::decode(view, first, row.size(), row.data());
  const std::vector<float> absmax = blockAbsmax(row);
  const auto distance = [&](std::size_t i) {
    const double d = std::abs(std::abs(static_cast<double>(row[i])) - magnitude);
    if (!std::isfinite(d) || row[i] == 0) return HUGE_VAL;
    return std::abs(row[i]) < absmax[i] * 0.7F && !isExactInFp8(row[i]) ? d : d + 1e30;
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (distance(i) < distance(best)) best = i;
  }
  return first + best;
}

BitSample sample(const ReportData& data, std::size_t tensor, std::uint64_t index, const QString& title) {
  constexpr FormatId kFormats[] = {FormatId::Fp32,    FormatId::Fp16, FormatId::Bf16, FormatId::Fp8E4M3,
                                   FormatId::Fp8E5M2, FormatId::Int8, FormatId::Nf4};
  const WeightReading reading = readWeight(*data.model, tensor, index);
  BitsState state;
  state.setWeight(reading.value, reading.blockAbsmax, reading.origin);
  BitSample result{title, reading.origin, static_cast<double>(reading.value), reading.blockAbsmax, {}};
  for (const FormatId id : kFormats) {
    for (const FormatRow& row : state.rows()) {
      if (row.format->id == id) result.rows.push_back(row);
    }
  }
  return result;
}

void measureBits(ReportData& data, std::size_t matrix) {
  const MatrixRow& row = data.matrices[matrix];
  const auto title = [](const char* text) { return QCoreApplication::translate("Report", text); };
  data.bits.push_back(sample(data, row.tensor, weightNear(data, row.tensor, row.stats.standardDeviation),
                             title(QT_TRANSLATE_NOOP("Report", "A weight about one standard deviation from zero"))));
  data.bits.push_back(sample(data, row.tensor, largestWeight(*data.model, row.tensor, core::JobContext()),
                             title(QT_TRANSLATE_NOOP("Report", "The largest weight of this matrix"))));
  data.bits.push_back(sample(data, row.tensor, weightNear(data, row.tensor, 0),
                             title(QT_TRANSLATE_NOOP("Report", "A weight close to zero"))));
}

}  // namespace

void measureSamples(ReportData& data, const core::JobContext& job) {
  const auto order = byKurtosis(data);
  if (order.empty()) return;
  const std::size_t typical = order[(order.size() - 1) / 2], extreme = order.back();
  data.histograms.push_back(measureHistogram(data, typical, false, job));
  if (extreme != typical) data.histograms.push_back(measureHistogram(data, extreme, true, job));
  measureBits(data, extreme);
}

}  // namespace app::report
