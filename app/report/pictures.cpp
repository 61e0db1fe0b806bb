#include "app/report/pictures.h"

#include <QBuffer>
#include <algorithm>
#include <cmath>

#include "app/pictures/error_bars.h"
#include "app/pictures/heat_map.h"
#include "app/pictures/weight_histogram.h"
#include "app/widgets/theme.h"

namespace app::report {

namespace {

using core::metrics::Metric;

constexpr double kPixelRatio = 2.0;
constexpr int kHalfWidth = 548, kMapWidth = 640, kBarsWidth = 456, kHistogramHeight = 330;
constexpr int kRowHeight = 17, kTightRowHeight = 12, kTightRows = 90, kMapFrame = 48;

QString displayName(const core::quant::Scheme& scheme) { return QString::fromStdString(scheme.displayName()); }

/// A scheme has one colour in all charts of the page.
QColor schemeColor(const ReportData& data, const core::quant::Scheme& scheme) {
  const auto found = std::find(data.schemes.begin(), data.schemes.end(), scheme);
  return Theme::instance().seriesColor(static_cast<int>(found - data.schemes.begin()));
}

/// Adds the picture of a chart under the present theme.
void shoot(Chart& chart, QSize size, Picture& picture) {
  picture.title = chart.title();
  picture.size = size;
  picture.csv = chart.csv();
  QBuffer buffer(Theme::instance().isDark() ? &picture.dark : &picture.light);
  buffer.open(QIODevice::WriteOnly);
  chart.toPixmap(size.width(), size.height(), kPixelRatio).toImage().save(&buffer, "PNG");
}

void drawHistogram(const ReportData& data, const HistogramData& source, Picture& picture) {
  WeightHistogram chart;
  chart.setLogarithmic(source.logarithmic);
  chart.setSummary(source.summary, data.matrices[source.matrix].name);
  std::vector<WeightHistogram::Levels> levels;
  for (const SchemeView& view : source.views) {
    if (view.levels.empty()) continue;
    levels.push_back({displayName(view.scheme), schemeColor(data, view.scheme), view.levels});
  }
  chart.setLevels(std::move(levels));
  shoot(chart, {kHalfWidth, kHistogramHeight}, picture);
}

int mapHeight(const ReportData& data) {
  const int rows = static_cast<int>(data.matrices.size());
  return kMapFrame + rows * (rows > kTightRows ? kTightRowHeight : kRowHeight);
}

void drawHeatMap(const ReportData& data, Pictures& pictures) {
  HeatMap chart;
  QStringList rows, columns;
  std::vector<HeatMap::Cell> cells;
  for (const auto& scheme : data.schemes) columns << displayName(scheme);
  for (const MatrixRow& matrix : data.matrices) {
    rows << matrix.name;
    for (const SchemeError& error : matrix.errors)
      cells.push_back({error.refused.empty(), error.stats.sqnrDb(), QString::fromStdString(error.refused)});
  }
  chart.setData(rows, columns, std::move(cells), Metric::SqnrDb);
  shoot(chart, {kMapWidth, mapHeight(data)}, *pictures.heatMap);
}

void drawBars(const ReportData& data, std::size_t scheme, Picture& picture) {
  ErrorBars chart;
  std::vector<ErrorBars::Bar> bars;
  for (std::size_t i = 0; i < data.matrices.size(); ++i) {
    const SchemeError& error = data.matrices[i].errors[scheme];
    const double sqnr = error.stats.sqnrDb();
    if (error.refused.empty() && std::isfinite(sqnr))
      bars.push_back({data.matrices[i].name, sqnr, static_cast<int>(i)});
  }
  const int shown = std::min<int>(static_cast<int>(bars.size()), 17);
  chart.setData(std::move(bars), Metric::SqnrDb, schemeColor(data, data.schemes[scheme]));
  shoot(chart, {kBarsWidth, 58 + shown * 16}, picture);
}

void drawInPresentTheme(const ReportData& data, Pictures& pictures) {
  for (std::size_t i = 0; i < data.histograms.size(); ++i)
    drawHistogram(data, data.histograms[i], pictures.histograms[i]);
  if (pictures.heatMap) drawHeatMap(data, pictures);
  for (auto& [scheme, picture] : pictures.bars) drawBars(data, scheme, picture);
}

}  // namespace

std::vector<std::size_t> barSchemes(const ReportData& data) {
  std::optional<std::size_t> worst, uneven;
  const auto spread = [&data](std::size_t i) { return *data.summaries[i].meanSqnrDb - data.summaries[i].lowestSqnrDb; };
  for (std::size_t i = 0; i < data.summaries.size(); ++i) {
    const auto& sqnr = data.summaries[i].meanSqnrDb;
    if (!sqnr) continue;
    if (!worst || *sqnr < *data.summaries[*worst].meanSqnrDb) worst = i;
    if (!uneven || spread(i) > spread(*uneven)) uneven = i;
  }
  if (!worst) return {};
  return worst == uneven ? std::vector{*worst} : std::vector{*worst, *uneven};
}

Pictures drawPictures(const ReportData& data) {
  Pictures pictures;
  pictures.histograms.resize(data.histograms.size());
  if (!data.matrices.empty()) pictures.heatMap.emplace();
  for (const std::size_t scheme : barSchemes(data)) pictures.bars.emplace_back(scheme, Picture());
  Theme& theme = Theme::instance();
  const ThemeMode before = theme.mode();
  for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
    theme.setMode(mode);
    drawInPresentTheme(data, pictures);
  }
  theme.setMode(before);
  return pictures;
}

}  // namespace app::report
