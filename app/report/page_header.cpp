#include <QFile>
#include <QLocale>
#include <algorithm>
#include <tuple>

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/session/trace_text.h"
#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/workspaces/compare/compare_rows.h"

namespace app::report {

namespace {

using html::escaped;

QString tile(const QString& name, const QString& value, const QString& more) {
  return html::element("div",
                       html::textElement("span", name, QStringLiteral("name")) + html::textElement("b", value) +
                           html::textElement("span", more, QStringLiteral("more")),
                       QStringLiteral("tile"));
}

QString logo() {
  QFile file(QStringLiteral(":/icons/quantscope.svg"));
  if (!file.open(QIODevice::ReadOnly)) return {};
  return QString::fromUtf8(file.readAll());
}

/// What takes four to five bits a weight, with the highest (or lowest) mean SQNR.
const SchemeSummary* fourBit(const ReportData& data, bool best) {
  const SchemeSummary* found = nullptr;
  for (const SchemeSummary& summary : data.summaries) {
    if (!(summary.bitsPerWeight >= 4 && summary.bitsPerWeight < 5) || !summary.meanSqnrDb) continue;
    if (found == nullptr || (*summary.meanSqnrDb > *found->meanSqnrDb) == best) found = &summary;
  }
  return found;
}

QString tiles(const ReportData& data) {
  const auto& checkpoint = data.model->checkpoint();
  QString result =
      tile(tr("Parameters"), text::shortCount(checkpoint.parameters()),
           tr("%1 in %2 tensors").arg(text::count(checkpoint.parameters()), text::count(checkpoint.tensors().size())));
  if (data.matrixValues != 0) {
    const double bits = 8.0 * static_cast<double>(data.matrixStoredBytes) / static_cast<double>(data.matrixValues);
    result += tile(tr("Block matrices as stored"), text::bytes(data.matrixStoredBytes),
                   tr("%1, %2 matrices").arg(text::bitsPerWeight(bits), text::count(data.blockMatrices)));
  }
  if (const SchemeSummary* best = fourBit(data, true)) {
    result += tile(tr("Matrices in %1").arg(displayName(best->recipe)), text::bytes(best->bytes),
                   tr("%1, SQNR %2").arg(text::bitsPerWeight(best->bitsPerWeight), text::decibel(*best->meanSqnrDb)));
  }
  if (!data.answers.columns.empty()) {
    const AnswerColumn& reference = data.answers.columns.front();
    result += tile(tr("Decoding as stored"), tr("%1 tokens/s").arg(text::number(reference.decodeTokensPerS, 3)),
                   tr("on %1").arg(reference.device));
  }
  return html::element("div", result, QStringLiteral("tiles"));
}

/// Distance of the farthest weight from the mean, in standard deviations.
double farthest(const core::metrics::TensorStats& stats) {
  const double distance = std::max(stats.max - stats.mean, stats.mean - stats.min);
  return stats.standardDeviation > 0 ? distance / stats.standardDeviation : 0;
}

QString outlierFinding(const ReportData& data) {
  for (const HistogramData& histogram : data.histograms) {
    const auto& stats = histogram.summary.stats;
    if (!histogram.mostOutliers || stats.outliers6Sigma == 0) continue;
    return tr("%1 has the heaviest tails: kurtosis %2 (a Gaussian has 3), %3 weights beyond 6 σ, the largest %4 σ from "
              "the mean.")
        .arg(escaped(data.matrices[histogram.matrix].name), text::number(stats.kurtosis, 3),
             text::count(stats.outliers6Sigma), text::number(farthest(stats), 3));
  }
  return {};
}

/// Values no figure of this page takes.
QString nonFiniteFinding(const ReportData& data) {
  std::size_t matrices = 0;
  const MatrixRow* first = nullptr;
  for (const MatrixRow& matrix : data.matrices) {
    if (matrix.stats.nonFinite.count() == 0) continue;
    ++matrices;
    if (first == nullptr) first = &matrix;
  }
  if (first == nullptr) return {};
  return tr("Matrices with values that are not finite, which no figure takes: %1, the first %2 (%3).")
      .arg(text::count(matrices), escaped(first->name),
           escaped(QString::fromStdString(core::metrics::describe(first->stats.nonFinite))));
}

/// What an evaluation comes to: near-lossless schemes are not ranked by noise.
QString evaluationFinding(const ReportData& data, const Evaluation& evaluation) {
  QStringList alike;
  const EvaluationRow* farthest = nullptr;
  for (const EvaluationRow& row : evaluation.rows) {
    if (!row.failure.empty()) continue;
    if (row.verdict == core::evaluate::Verdict::Indistinguishable) alike << displayName(data, row.variant);
    if (row.verdict == core::evaluate::Verdict::Different &&
        (farthest == nullptr || row.statistics.klMean.value > farthest->statistics.klMean.value))
      farthest = &row;
  }
  QString text;
  const QString title = QString::fromStdString(evaluation.textTitle);
  if (!alike.isEmpty())
    text = tr("On the %1, indistinguishable from the reference: %2.").arg(title, alike.join(QStringLiteral(", ")));
  if (farthest != nullptr)
    text += (text.isEmpty() ? QString() : QStringLiteral(" ")) +
            tr("%1 moves farthest from the reference on the %2: KL %3 nats/token.")
                .arg(displayName(data, farthest->variant), title, text::estimate(farthest->statistics.klMean));
  return escaped(text);
}

QString findings(const ReportData& data) {
  QStringList sentences;
  const SchemeSummary *best = fourBit(data, true), *worst = fourBit(data, false);
  if (best != nullptr && best != worst) {
    sentences
        << tr("At 4 to 5 bits/weight, %1 keeps the weights best (mean SQNR %2 at %3 of the matrices) and %4 worst "
              "(%5 at %6).")
               .arg(escaped(displayName(best->recipe)), text::decibel(*best->meanSqnrDb),
                    text::bitsPerWeight(best->bitsPerWeight), escaped(displayName(worst->recipe)),
                    text::decibel(*worst->meanSqnrDb), text::bitsPerWeight(worst->bitsPerWeight));
  }
  if (worst != nullptr) {
    sentences << tr("%1 suffers most: %2 under %3.")
                     .arg(escaped(data.matrices[worst->lowest].name), text::decibel(worst->lowestSqnrDb),
                          escaped(displayName(worst->recipe)));
  }
  if (const QString outliers = outlierFinding(data); !outliers.isEmpty()) sentences << outliers;
  if (const QString damage = nonFiniteFinding(data); !damage.isEmpty()) sentences << damage;
  if (data.answers.columns.size() > 1) {
    QStringList same;
    for (std::size_t i = 1; i < data.answers.columns.size(); ++i) {
      const AnswerColumn& column = data.answers.columns[i];
      if (!column.whyNot.isEmpty()) continue;
      same << tr("%1: %2 of %3")
                  .arg(escaped(column.title), text::count(column.sameAnswers), text::count(column.answers.size()));
    }
    if (!same.isEmpty())
      sentences << tr("Answers that are the same, token by token, as with the stored weights: %1.")
                       .arg(same.join(QStringLiteral(", ")));
  }
  if (data.parts.evaluation)
    if (const QString said = evaluationFinding(data, *data.parts.evaluation); !said.isEmpty()) sentences << said;
  if (data.parts.trace)
    sentences << escaped(QString::fromStdString(caseSentence(*data.parts.trace, data.model->tokenizer().get())));
  if (sentences.isEmpty()) return {};
  QString items;
  for (const QString& sentence : sentences) items += html::element("li", sentence);
  return html::element("ul", items, QStringLiteral("findings"));
}

/// Ids and names of the sections that there are, in the order of the page.
std::vector<std::pair<const char*, QString>> sectionNames(const ReportData& data, bool isCompared) {
  const auto& parts = data.request.parts.parts;
  const std::tuple<const char*, QString, bool> sections[] = {
      {"facts", tr("Model"), true},
      {"against", tr("Against"), isCompared},
      {"evaluation", tr("Evaluation"), parts.contains(Part::Evaluation)},
      {"tasks", tr("Tasks"), parts.contains(Part::Tasks)},
      {"weights", tr("Weights"), true},
      {"bits", tr("Bits"), true},
      {"errors", tr("Layer errors"), true},
      {"sensitivity", tr("Sensitivity"), parts.contains(Part::Sensitivity)},
      {"recipes", tr("Recipes"), !data.recipes.empty()},
      {"answers", tr("Answers"), true},
      {"trace", tr("Trace"), parts.contains(Part::Trace)},
      {"memory", tr("Memory"), parts.contains(Part::Memory)},
      {"reproduce", tr("Reproduce"), true}};
  std::vector<std::pair<const char*, QString>> result;
  for (const auto& [id, name, isThere] : sections)
    if (isThere) result.emplace_back(id, name);
  return result;
}

}  // namespace

QString headerSection(const ReportData& data, bool isCompared) {
  const auto& checkpoint = data.model->checkpoint();
  const QString when = QLocale().toString(data.date, QStringLiteral("d MMM yyyy, HH:mm")) + QStringLiteral(" UTC");
  const QString brand = html::element(
      "div", logo() + html::textElement("span", tr("Quantscope report")) + html::textElement("span", when),
      QStringLiteral("brand"));
  const QString architecture = checkpoint.architecture().empty() ? tr("unknown architecture")
                                                                 : QString::fromStdString(checkpoint.architecture());
  const QString sub = QStringList{architecture, tr("%1 parameters").arg(text::shortCount(checkpoint.parameters())),
                                  text::bytes(checkpoint.fileBytes()),
                                  checkpoint.format() == core::io::FileFormat::Gguf ? QStringLiteral("GGUF")
                                                                                    : QStringLiteral("safetensors")}
                          .join(QStringLiteral(" · "));
  QString links;
  for (const auto& [id, name] : sectionNames(data, isCompared))
    links += QStringLiteral("<a href=\"#%1\">%2</a>\n").arg(QLatin1String(id), escaped(name));
  const QString top =
      html::element("div",
                    brand + html::textElement("h1", QString::fromStdString(checkpoint.name())) +
                        html::textElement("p", sub, QStringLiteral("sub")) + html::element("nav", links),
                    QStringLiteral("inner"));
  return html::element("header", top) + html::element("div", tiles(data) + findings(data), QStringLiteral("inner"));
}

}  // namespace app::report
