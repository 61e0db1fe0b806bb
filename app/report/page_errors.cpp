#include <algorithm>
#include <cmath>

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"
#include "core/quant/registry.h"

namespace app::report {

namespace {

QString bar(double share) {
  return QStringLiteral("<span class=\"bar\"><i style=\"width:%1%\"></i></span>")
      .arg(QString::number(std::clamp(share, 0.0, 1.0) * 100, 'f', 1));
}

QString relativeError(double share) {
  return share == 0 ? QStringLiteral("–") : text::percent(share, share < 0.001 ? 4 : 2);
}

QString sqnrText(const core::metrics::ErrorStats& stats) {
  switch (stats.outcome()) {
    case core::metrics::Outcome::Nothing:
      return QStringLiteral("–");
    case core::metrics::Outcome::Infinite:
      return QStringLiteral("−∞");
    case core::metrics::Outcome::Exact:
      return tr("no error");
    case core::metrics::Outcome::Finite:
      break;
  }
  const double sqnr = stats.sqnrDb();
  return std::isfinite(sqnr) ? QString(text::decibel(sqnr)).remove(QStringLiteral("dB")).trimmed() : text::number(sqnr);
}

/// What the means of a scheme leave out or why they are infinite.
QString remarks(const SchemeSummary& summary) {
  QString result;
  if (summary.overflowing != 0) result += tr("; %1 with overflow").arg(text::count(summary.overflowing));
  if (summary.unmeasured != 0) result += tr("; %1 without a finite weight").arg(text::count(summary.unmeasured));
  return html::escaped(result);
}

QString summaryTable(const ReportData& data) {
  double highest = 0;
  for (const SchemeSummary& summary : data.summaries) highest = std::max(highest, summary.meanSqnrDb.value_or(0));
  std::vector<QStringList> rows;
  for (const SchemeSummary& summary : data.summaries) {
    const QString name = nameWithText(summary.recipe);
    if (summary.matrices == 0) {
      rows.push_back({name, tr("holds none of these matrices"), {}, {}, {}, {}, {}});
      continue;
    }
    const QString sqnr = summary.meanSqnrDb
                             ? html::escaped(text::decibel(*summary.meanSqnrDb)) + bar(*summary.meanSqnrDb / highest)
                             : html::escaped(tr("no error")) + bar(1);
    const double ratio = static_cast<double>(summary.storedBytes) / static_cast<double>(summary.bytes);
    const auto size = [](std::uint64_t bytes, double bits) {
      return html::escaped(tr("%1, %2").arg(text::bytes(bytes), text::bitsPerWeight(bits)));
    };
    const QString count = summary.matrices == data.matrices.size()
                              ? QString()
                              : html::escaped(tr("%1 matrices: ").arg(text::count(summary.matrices)));
    rows.push_back({name + remarks(summary), size(summary.model.bytes, summary.model.bitsPerWeight),
                    count + size(summary.bytes, summary.bitsPerWeight),
                    summary.refused == 0 ? html::escaped(tr("%1×").arg(text::number(ratio, 3)))
                                         : html::escaped(tr("%1 matrices refused").arg(text::count(summary.refused))),
                    sqnr, html::escaped(relativeError(summary.meanRelativeError)),
                    summary.meanSqnrDb ? html::escaped(QStringLiteral("%1 (%2)").arg(
                                             text::decibel(summary.lowestSqnrDb), data.matrices[summary.lowest].name))
                                       : QStringLiteral("–")});
  }
  return html::table({tr("Scheme"), tr("Whole model"), tr("Its matrices"), tr("Matrices smaller than stored"),
                      tr("Mean SQNR"), tr("Mean relative error"), tr("Lowest SQNR (matrix)")},
                     rows);
}

QString allNumbers(const ReportData& data) {
  QStringList headings{tr("Matrix"),     tr("Shape"),    tr("Stored"),
                       tr("σ (weight)"), tr("Kurtosis"), tr("Beyond 6 σ (weights)"),
                       tr("Not finite")};
  for (const Treatment& treatment : data.treatments) headings << tr("%1 (dB)").arg(displayName(treatment.recipe));
  std::vector<QStringList> rows;
  for (const MatrixRow& matrix : data.matrices) {
    const auto& tensor = data.model->checkpoint().tensors()[matrix.tensor];
    const std::string_view type = tensor.typeName;
    QStringList row{html::escaped(matrix.name),
                    html::escaped(QString::fromStdString(tensor.shape.toString())),
                    html::escaped(QString::fromUtf8(type.data(), static_cast<qsizetype>(type.size())).toUpper()),
                    text::number(matrix.stats.standardDeviation, 3),
                    text::number(matrix.stats.kurtosis, 3),
                    text::count(matrix.stats.outliers6Sigma),
                    html::escaped(QString::fromStdString(core::metrics::describe(matrix.stats.nonFinite)))};
    for (const auto& error : matrix.errors)
      row << (!error ? tr("as stored") : error->refused.empty() ? sqnrText(error->stats) : tr("refused"));
    rows.push_back(row);
  }
  return html::card(
      {}, html::element("details",
                        html::textElement("summary", tr("All %1 matrices as numbers").arg(text::count(rows.size()))) +
                            html::table(headings, rows)));
}

}  // namespace

QString errorsSection(const ReportData& data, const Pictures& pictures) {
  const QString heading = tr("What quantization does to every layer");
  if (data.matrices.empty())
    return html::section(QStringLiteral("errors"), heading,
                         tr("This file has no matrix that a scheme could be applied to."), {});
  QString body = html::card(
      tr("All matrices together"),
      summaryTable(data) + html::textElement("p",
                                             tr("SQNR is the signal-to-quantization-noise ratio in decibels: 6 dB more "
                                                "means half the error. Means are over matrices."),
                                             QStringLiteral("note")));
  QString charts;
  if (pictures.maps) {
    body +=
        html::card(tr("SQNR of every matrix under every scheme"),
                   figure(*pictures.maps, tr("Blocks side by side, kinds of matrix below each other; every scheme on "
                                             "its own scale, dark is its smallest error. Means and worst in dB.")));
  }
  for (const auto& [scheme, picture] : pictures.dots) {
    charts += html::card(tr("Most sensitive first, under %1").arg(displayName(data.treatments[scheme].recipe)),
                         figure(picture, tr("SQNR in dB; a shorter line is a larger error.")));
  }
  body += html::element("div", charts, QStringLiteral("grid two")) + allNumbers(data);
  // Without an architecture there are no roles: then every matrix is a row.
  const QString kept = data.model->checkpoint().architecture().empty() ? QString()
                       : data.recipes.empty()
                           ? tr(" Embedding, output matrix and norms stay as they are.")
                           : tr(" Embedding, output matrix and norms stay as they are under a scheme; a recipe may "
                                "choose types for them, too.");
  return html::section(QStringLiteral("errors"), heading,
                       tr("Errors of the weights alone, against the weights as stored: a proxy for what the answers "
                          "will be like, not a measure of it.") +
                           kept,
                       body);
}

}  // namespace app::report
