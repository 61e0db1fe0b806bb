#include "app/report/pictures.h"

#include <algorithm>
#include <cmath>

#include "app/pictures/error_dots.h"
#include "app/pictures/layer_cells.h"
#include "app/pictures/layer_maps.h"
#include "app/pictures/weight_histogram.h"
#include "app/report/page_sections.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/tradeoff_chart.h"

namespace app::report {

namespace {

using core::metrics::Metric;

constexpr double kPixelRatio = 2.0;
constexpr int kLayoutTurns = 2;  ///< the first fits ranges, the second the margins to the labels of those
constexpr int kTradeoffHeight = 420;
constexpr int kHalfWidth = 548, kMapWidth = 1120, kHistogramHeight = 330;
constexpr int kMostDotRows = 24, kRowHeight = 17, kDotsFrame = 58;

/// What is compared has one colour in all charts of the page.
QColor treatmentColor(std::size_t treatment) { return Theme::instance().seriesColor(static_cast<int>(treatment)); }

QString nameOf(const ReportData& data, std::size_t treatment) {
  return QString::fromStdString(data.treatments[treatment].recipe.displayName());
}

/// With what a recipe makes of this tensor: "Q4_K_M (Q6_K)".
QString nameOf(const ReportData& data, const HistogramLevels& levels) {
  const QString name = nameOf(data, levels.treatment);
  if (data.treatments[levels.treatment].recipe.asScheme() != nullptr) return name;
  return QStringLiteral("%1 (%2)").arg(name, QString::fromStdString(levels.view.scheme.displayName()));
}

LayerMaps::Cell cell(const ReportData& data, const MatrixRow& matrix, std::size_t treatment) {
  if (const auto& error = matrix.errors[treatment]) return cellOf(*error, Metric::SqnrDb);
  const std::string_view type = data.model->checkpoint().tensors()[matrix.tensor].typeName;
  return keptCell(data.treatments[treatment].plan.tensors[matrix.tensor].kept,
                  QString::fromUtf8(type.data(), static_cast<qsizetype>(type.size())).toUpper());
}

/// Adds the picture of a chart under the present theme.
void shoot(Chart& chart, QSize size, Picture& picture) {
  picture.title = chart.title();
  picture.size = size;
  picture.csv = chart.csv();
  // Charts fit labels and ranges to the size once they are laid out in it; a widget that was never shown was not.
  chart.setViewport(QRect(QPoint(), size));
  for (int turn = 0; turn < kLayoutTurns; ++turn) chart.replot(QCustomPlot::rpImmediateRefresh);
  (Theme::instance().isDark() ? picture.dark : picture.light) =
      chart.toPixmap(size.width(), size.height(), kPixelRatio).toImage();
}

void drawHistogram(const ReportData& data, const HistogramData& source, Picture& picture) {
  WeightHistogram chart;
  chart.setLogarithmic(source.logarithmic);
  chart.setSummary(source.summary, data.matrices[source.matrix].name);
  const auto& shape = data.model->checkpoint().tensors()[data.matrices[source.matrix].tensor].shape;
  std::vector<WeightHistogram::Levels> levels;
  for (const HistogramLevels& shown : source.levels) {
    const auto& grid = shown.view.grid;
    levels.push_back({nameOf(data, shown),
                      treatmentColor(shown.treatment),
                      blockText(shape, grid.first, grid.count),
                      grid.levels,
                      {}});
  }
  chart.setLevels(std::move(levels));
  shoot(chart, {kHalfWidth, kHistogramHeight}, picture);
}

void drawMaps(const ReportData& data, Picture& picture) {
  LayerMaps chart;
  LayerMaps::Content content;
  std::vector<std::string> names;
  for (const MatrixRow& matrix : data.matrices) {
    content.names << matrix.name;
    names.push_back(data.model->checkpoint().tensors()[matrix.tensor].name);
  }
  content.grid = LayerGrid::arrange(names);
  content.metric = Metric::SqnrDb;
  for (std::size_t treatment = 0; treatment < data.treatments.size(); ++treatment) {
    LayerMaps::SchemeMap& map = content.schemes.emplace_back();
    map.title = nameOf(data, treatment);
    map.color = treatmentColor(treatment);
    map.mark = Theme::seriesMark(static_cast<int>(treatment));
    for (const MatrixRow& matrix : data.matrices) map.cells.push_back(cell(data, matrix, treatment));
    addSize(map, data.summaries[treatment].model);
  }
  chart.setContent(std::move(content));
  shoot(chart, {kMapWidth, chart.heightFor(kMapWidth)}, picture);
}

void drawDots(const ReportData& data, std::size_t treatment, Picture& picture) {
  ErrorDots chart;
  std::vector<ErrorDots::Dot> dots;
  for (std::size_t i = 0; i < data.matrices.size(); ++i) {
    const LayerMaps::Cell dot = cell(data, data.matrices[i], treatment);
    if (dot.known && (std::isfinite(dot.value) || dot.nonFinite))
      dots.push_back(
          {data.matrices[i].name, dot.value, static_cast<int>(i), std::isfinite(dot.value) ? QString() : dot.note});
  }
  const int shown = std::min<int>(static_cast<int>(dots.size()), kMostDotRows);
  const QSize size(kHalfWidth, kDotsFrame + shown * kRowHeight);
  chart.resize(size);
  chart.setData(std::move(dots), Metric::SqnrDb, treatmentColor(treatment));
  chart.showRows(shown);
  shoot(chart, size, picture);
}

/// The rows of the evaluation as Compare shows them, in the page's colours.
std::vector<CompareRow> tradeoffRows(const ReportData& data) {
  const Evaluation& evaluation = *data.parts.evaluation;
  std::vector<CompareRow> rows;
  for (const EvaluationRow& of : evaluation.rows) {
    CompareRow row;
    row.recipe = of.variant.recipe;
    row.title = displayName(data, of.variant);
    const auto known = std::ranges::find(data.treatments, of.variant.recipe, &Treatment::recipe);
    const auto place = static_cast<std::size_t>(known - data.treatments.begin());
    row.color = treatmentColor(place);
    row.mark = Theme::seriesMark(static_cast<int>(place));
    row.bytes = static_cast<double>(of.bytes);
    row.bitsPerWeight = of.bitsPerWeight;
    row.state = of.failure.empty() ? CompareRow::State::Measured : CompareRow::State::Failed;
    row.figures = of.statistics;
    for (const std::size_t other : of.indistinguishableFrom) row.sameAs.push_back(static_cast<int>(other));
    rows.push_back(std::move(row));
  }
  return rows;
}

void drawTradeoff(const ReportData& data, Picture& picture) {
  TradeoffChart chart;
  const QSize size(kMapWidth, kTradeoffHeight);
  chart.resize(size);
  chart.setViewport(QRect(QPoint(), size));
  // Names are placed beside points, which have their places only once axes have been laid out.
  for (int turn = 0; turn < kLayoutTurns; ++turn) {
    chart.setRows(tradeoffRows(data), data.parts.evaluation->noise.kl, false);
    chart.replot(QCustomPlot::rpImmediateRefresh);
  }
  chart.setRows(tradeoffRows(data), data.parts.evaluation->noise.kl, false);
  shoot(chart, size, picture);
}

}  // namespace

std::vector<std::size_t> dotSchemes(const ReportData& data) {
  std::optional<std::size_t> worst, uneven;
  const auto spread = [&data](std::size_t i) { return *data.summaries[i].meanSqnrDb - data.summaries[i].lowestSqnrDb; };
  for (std::size_t i = 0; i < data.summaries.size(); ++i) {
    const auto& sqnr = data.summaries[i].meanSqnrDb;
    if (!sqnr || !std::isfinite(*sqnr)) continue;  // an infinite error is no bar
    if (!worst || *sqnr < *data.summaries[*worst].meanSqnrDb) worst = i;
    if (!uneven || spread(i) > spread(*uneven)) uneven = i;
  }
  if (!worst) return {};
  return worst == uneven ? std::vector{*worst} : std::vector{*worst, *uneven};
}

PictureDrawer::PictureDrawer(const ReportData& data) {
  m_pictures.histograms.resize(data.histograms.size());
  if (!data.matrices.empty()) m_pictures.maps.emplace();
  if (data.parts.evaluation) m_pictures.tradeoff.emplace();
  for (const std::size_t scheme : dotSchemes(data)) m_pictures.dots.emplace_back(scheme, Picture());
  for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
    const auto add = [this, mode](auto draw) {
      m_steps.emplace_back([mode, draw] {
        const Theme::Lent colors(mode);
        draw();
      });
    };
    for (std::size_t i = 0; i < data.histograms.size(); ++i)
      add([this, &data, i] { drawHistogram(data, data.histograms[i], m_pictures.histograms[i]); });
    if (m_pictures.tradeoff) add([this, &data] { drawTradeoff(data, *m_pictures.tradeoff); });
    if (m_pictures.maps) add([this, &data] { drawMaps(data, *m_pictures.maps); });
    for (std::size_t i = 0; i < m_pictures.dots.size(); ++i)
      add([this, &data, i] { drawDots(data, m_pictures.dots[i].first, m_pictures.dots[i].second); });
  }
}

double PictureDrawer::fraction() const {
  return m_steps.empty() ? 1.0 : static_cast<double>(m_next) / static_cast<double>(m_steps.size());
}

void PictureDrawer::drawNext() { m_steps[m_next++](); }

Pictures drawPictures(const ReportData& data) {
  PictureDrawer drawer(data);
  while (!drawer.isDone()) drawer.drawNext();
  return drawer.pictures();
}

}  // namespace app::report
