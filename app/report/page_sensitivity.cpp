#include <algorithm>
#include <cmath>

#include "app/report/bars.h"
#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/workspaces/compare/compare_rows.h"

namespace app::report {

namespace {

using core::evaluate::Level;
using core::evaluate::RankCorrelation;

constexpr std::size_t kMostBars = 60;

QString plain(double value, int digits = 3) {
  return std::isfinite(value) ? text::number(value, digits) : QStringLiteral("–");
}

QString valueText(const SensitivityRow& row) {
  return row.failure.empty() ? text::estimate(row.kl) : QString::fromStdString(row.failure);
}

/// Most sensitive first; what computes no numbers before all.
std::vector<const SensitivityRow*> sorted(const SensitivityReport& report) {
  std::vector<const SensitivityRow*> rows;
  for (const SensitivityRow& row : report.rows) rows.push_back(&row);
  const auto key = [](const SensitivityRow* row) { return std::isfinite(row->kl.value) ? row->kl.value : HUGE_VAL; };
  std::ranges::stable_sort(rows, std::greater(), key);
  return rows;
}

QString picture(const std::vector<const SensitivityRow*>& rows) {
  std::vector<Bar> bars;
  QByteArray csv = "part,kl,kl_error\n";
  for (const SensitivityRow* row : rows) {
    if (bars.size() < kMostBars)
      bars.push_back({QString::fromStdString(row->name), row->kl.value, row->kl.error, valueText(*row)});
    csv += QByteArray::fromStdString(row->name) + ',' + QByteArray::number(row->kl.value, 'g', 17) + ',' +
           QByteArray::number(row->kl.error, 'g', 17) + '\n';
  }
  const QString title = tr("Sensitivity");
  QString said = tr("KL divergence in nats per token with this part alone quantized, with its standard error.");
  if (rows.size() > kMostBars) said += tr(" The first %1 of %2.").arg(text::count(kMostBars), text::count(rows.size()));
  return drawing(barsSvg(bars, title), title, csv, said);
}

QString correlationTable(const core::evaluate::ProxyComparison& proxies) {
  const std::pair<QString, const RankCorrelation*> all[] = {{tr("Error of the weights"), &proxies.weightError},
                                                            {tr("Error of the layer's outputs"), &proxies.outputError},
                                                            {tr("Estimate by gradients"), &proxies.gradientEstimate}};
  std::vector<QStringList> rows;
  for (const auto& [name, of] : all) {
    const bool isKnown = std::isfinite(of->rho);
    rows.push_back({html::escaped(name), isKnown ? html::escaped(text::number(of->rho, 2)) : QStringLiteral("–"),
                    isKnown ? html::escaped(tr("%1 to %2").arg(text::number(of->low, 2), text::number(of->high, 2)))
                            : QStringLiteral("–"),
                    text::count(of->count)});
  }
  return html::card(
      tr("What is quickly known, against what was measured"),
      html::table({tr("Figure"), tr("Rank correlation"), tr("95 % of it"), tr("Tensors")}, rows) +
          html::textElement("p",
                            tr("Spearman's rank correlation with the measured KL: 1 orders the tensors as they should "
                               "be, 0 says nothing."),
                            QStringLiteral("note")));
}

QString allRows(const std::vector<const SensitivityRow*>& rows) {
  std::vector<QStringList> lines;
  for (const SensitivityRow* row : rows)
    lines.push_back({html::escaped(QString::fromStdString(row->name)), html::code(QString::fromStdString(row->scheme)),
                     html::escaped(valueText(*row)), html::escaped(plain(row->weightError)),
                     html::escaped(plain(row->outputError.total.value)), html::escaped(plain(row->gradientEstimate))});
  return html::card(
      {}, html::element(
              "details",
              html::textElement("summary", tr("All %1 as numbers").arg(text::count(rows.size()))) +
                  html::table({tr("Part"), tr("Scheme"), tr("KL (nats/token)"), tr("Relative error of the weights"),
                               tr("Relative error of the outputs"), tr("KL by gradients (nats/token)")},
                              lines, 2)));
}

}  // namespace

QString sensitivitySection(const ReportData& data) {
  const QString heading = tr("What each part costs");
  if (auto missing = missingSection(data, Part::Sensitivity, heading)) return *missing;
  const SensitivityReport& report = *data.parts.sensitivity;
  const auto rows = sorted(report);
  const QString recipe = QString::fromStdString(report.recipe);
  const QString whole = report.quantizedFailure.empty() ? tr("KL %1 nats/token").arg(text::estimate(report.quantizedKl))
                                                        : QString::fromStdString(report.quantizedFailure);
  QString body = html::card(tr("Most sensitive first, under %1").arg(recipe), picture(rows));
  if (report.proxies.points.size() >= 3) body += correlationTable(report.proxies);
  body += allRows(rows) +
          provenanceCard(data, {{tr("Scheme"), recipe},
                                {tr("As a whole"), whole},
                                {tr("Text"), QString::fromStdString(report.textTitle)},
                                {tr("Text hash"), data.parts.sensitivityTextHash},
                                {tr("Tokens"), tr("%1 read, %2 scored in %3 blocks")
                                                   .arg(text::count(report.tokens), text::count(report.scored),
                                                        text::count(report.blocks))},
                                {tr("Device"), QString::fromStdString(report.device)}});
  return html::section(wordOf(Part::Sensitivity), heading,
                       tr("One part quantized, all others as stored: measured, not estimated from the weights."), body);
}

}  // namespace app::report
