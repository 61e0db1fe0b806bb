#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"

namespace app::report {

namespace {

QString statistics(const core::metrics::TensorStats& stats) {
  const QString leftOut =
      stats.nonFinite.count() == 0
          ? QString()
          : tr(" · not measured: %1").arg(QString::fromStdString(core::metrics::describe(stats.nonFinite)));
  return tr("mean %1 · σ %2 · kurtosis %3 · %4 of %5 weights beyond 6 σ · from %6 to %7")
             .arg(text::number(stats.mean, 3), text::number(stats.standardDeviation, 3),
                  text::number(stats.kurtosis, 3), text::count(stats.outliers6Sigma), text::count(stats.count),
                  text::number(stats.min, 3), text::number(stats.max, 3)) +
         leftOut;
}

QString card(const ReportData& data, const HistogramData& histogram, const Picture& picture) {
  const MatrixRow& matrix = data.matrices[histogram.matrix];
  const QString title = histogram.mostOutliers ? tr("The heaviest tails: %1").arg(matrix.name)
                                               : tr("A typical matrix: %1").arg(matrix.name);
  const QString scale =
      histogram.logarithmic ? tr("Logarithmic count axis; crosses mark bins beyond 6 σ.") : tr("Linear count axis.");
  const QString levels =
      histogram.levels.empty()
          ? QString()
          : tr("Ticks: the levels each scheme has for the block that holds %1.").arg(histogram.origin);
  return html::card(title, html::textElement("p", statistics(histogram.summary.stats), QStringLiteral("note")) +
                               figure(picture, scale + u' ' + levels));
}

}  // namespace

QString weightsSection(const ReportData& data, const Pictures& pictures) {
  const QString heading = tr("How the weights are distributed");
  if (data.histograms.empty())
    return html::section(QStringLiteral("weights"), heading,
                         tr("This file has no matrix that a scheme could be applied to."), {});
  QString cards;
  for (std::size_t i = 0; i < data.histograms.size(); ++i)
    cards += card(data, data.histograms[i], pictures.histograms[i]);
  return html::section(QStringLiteral("weights"), heading,
                       tr("Most weights lie in a bell around zero; a few outliers stretch the range that the levels of "
                          "a scheme must cover. "
                          "Dashed lines mark 6 σ."),
                       html::element("div", cards, QStringLiteral("grid two")));
}

}  // namespace app::report
