#include <cmath>

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/workspaces/compare/compare_rows.h"
#include "core/evaluate/block_bootstrap.h"

namespace app::report {

namespace {

using core::evaluate::Estimate;

QString figureCell(const Estimate& estimate) { return html::escaped(text::estimate(estimate)); }

QString shareCell(const Estimate& share) {
  if (!std::isfinite(share.value)) return QStringLiteral("–");
  if (share.error == 0) return html::escaped(tr("%1 %").arg(text::trimmed(100 * share.value, 4)));
  return html::escaped(tr("%1 %").arg(text::estimate({100 * share.value, 100 * share.error})));
}

QString nameCell(const ReportData& data, const EvaluationRow& row) { return nameWithText(data, row.variant); }

QString verdictCell(const ReportData& data, const Evaluation& evaluation, const EvaluationRow& row) {
  QStringList others;
  for (const std::size_t other : row.indistinguishableFrom) others << displayName(data, evaluation.rows[other].variant);
  const QString word = text::verdict(row.verdict);
  return html::escaped(others.isEmpty() ? word
                                        : tr("%1; not told from %2").arg(word, others.join(QStringLiteral(", "))));
}

QString mainTable(const ReportData& data, const Evaluation& evaluation) {
  std::vector<QStringList> rows;
  rows.push_back({html::escaped(referenceName(data, evaluation.referenceVariant)),
                  html::escaped(text::bytes(evaluation.referenceBytes)),
                  {},
                  figureCell(evaluation.referencePerplexity),
                  {},
                  {},
                  {},
                  {}});
  for (const EvaluationRow& of : evaluation.rows) {
    const QString size = html::escaped(text::bytes(of.bytes)), bits = text::number(of.bitsPerWeight, 3);
    if (!of.failure.empty()) {
      rows.push_back({nameCell(data, of),
                      size,
                      bits,
                      html::escaped(tr("not measured")),
                      {},
                      {},
                      {},
                      html::escaped(QString::fromStdString(of.failure))});
      continue;
    }
    const auto& is = of.statistics;
    rows.push_back({nameCell(data, of), size, bits, figureCell(is.perplexity), figureCell(is.klMean),
                    shareCell(is.sameTop), shareCell(is.flips), verdictCell(data, evaluation, of)});
  }
  return html::table({tr("Scheme"), tr("Whole model"), tr("Bits/weight"), tr("Perplexity"), tr("KL (nats/token)"),
                      tr("Same top-1"), tr("Flips"), tr("Against the reference")},
                     rows);
}

QString folded(const QString& title, const QString& body) {
  return html::card({}, html::element("details", html::textElement("summary", title) + body));
}

QString quantiles(const ReportData& data, const Evaluation& evaluation) {
  std::vector<QStringList> divergences, changes;
  QStringList shares{tr("Scheme")};
  for (const double share : core::evaluate::ComparisonSummary::kDeltaPShares)
    shares << tr("%1 %").arg(text::trimmed(100 * share, 4));
  for (const EvaluationRow& of : evaluation.rows) {
    if (!of.failure.empty()) continue;
    const auto& is = of.statistics;
    divergences.push_back({nameCell(data, of), figureCell(is.perplexityRatio), figureCell(is.klMin),
                           figureCell(is.klMedian), figureCell(is.klP90), figureCell(is.klP99), figureCell(is.klP999),
                           figureCell(is.klMax), shareCell(is.rmsDeltaP), shareCell(is.meanDeltaP),
                           shareCell(is.turnedWrong)});
    QStringList row{nameCell(data, of)};
    for (const Estimate& quantile : is.deltaPQuantiles) row << shareCell(quantile);
    changes.push_back(row);
  }
  return folded(tr("Quantiles of KL and of Δp"),
                html::table({tr("Scheme"), tr("Perplexity ratio"), tr("KL, least"), tr("Median"), tr("90 %"),
                             tr("99 %"), tr("99.9 %"), tr("Largest"), tr("RMS Δp"), tr("Mean Δp"), tr("Turned wrong")},
                            divergences) +
                    html::textElement("p",
                                      tr("Δp is what the probability of the text's own token gains or loses; below, "
                                         "its quantiles over all tokens."),
                                      QStringLiteral("note")) +
                    html::table(shares, changes));
}

QString pairs(const ReportData& data, const Evaluation& evaluation) {
  std::vector<QStringList> rows;
  for (std::size_t i = 0; i < evaluation.rows.size(); ++i)
    for (const RowPair& pair : evaluation.rows[i].pairs) {
      if (pair.other < i) continue;
      rows.push_back({html::escaped(tr("%1 less %2")
                                        .arg(displayName(data, evaluation.rows[i].variant),
                                             displayName(data, evaluation.rows[pair.other].variant))),
                      figureCell(pair.difference.kl), figureCell(pair.difference.logRatio),
                      html::escaped(text::verdict(pair.verdict))});
    }
  if (rows.empty()) return {};
  return folded(
      tr("Pairs, on the same blocks of text"),
      html::table({tr("Pair"), tr("KL (nats/token)"), tr("ln of the perplexities' ratio"), tr("Verdict")}, rows));
}

QString noise(const NoiseFloor& floor) {
  if (floor.runs.empty()) return tr("A noise floor was not measured.");
  QStringList runs;
  for (const NoiseRun& run : floor.runs)
    runs << tr("%1: KL %2").arg(QString::fromStdString(run.what), text::estimate(run.statistics.klMean));
  return tr("Noise floor: the reference computed in other ways differs by a KL of up to %1 (%2).")
      .arg(text::number(floor.kl, 2), runs.join(QStringLiteral("; ")));
}

QString provenance(const ReportData& data, const Evaluation& of) {
  const auto count = [](std::uint64_t value) { return text::count(value); };
  return provenanceCard(
      data,
      {{tr("Text"), QString::fromStdString(of.textTitle)},
       {tr("Text hash"), QString::fromStdString(of.textHash)},
       {tr("Tokens"),
        tr("%1 read, %2 scored, %3 answers left out").arg(count(of.tokens), count(of.scored), count(of.leftOut))},
       {tr("Context"), tr("at most %1 tokens, %2 computed together").arg(count(of.context), count(of.batchTokens))},
       {tr("Blocks"), tr("%1 of text, the samples of all standard errors").arg(count(of.blocks))},
       {tr("Device"), QString::fromStdString(of.referenceDevice)},
       {tr("Errors of quantiles"),
        tr("bootstrap of %1 replicates, seed %2")
            .arg(count(core::evaluate::kReplicates), QString::number(core::evaluate::kSeed))}});
}

}  // namespace

QString evaluationSection(const ReportData& data, const Pictures& pictures) {
  const QString heading = tr("How well it still reads");
  if (auto missing = missingSection(data, Part::Evaluation, heading)) return *missing;
  const Evaluation& of = *data.parts.evaluation;
  QString body;
  if (pictures.tradeoff)
    body += html::card(tr("Size against quality"),
                       figure(*pictures.tradeoff,
                              tr("KL divergence from the reference over the size of the weights, with standard "
                                 "errors; the dashed line joins what nothing beats in both, a broad line what cannot "
                                 "be told apart.")));
  body += html::card(
      tr("All schemes on the same text"),
      mainTable(data, of) + html::textElement("p",
                                              noise(of.noise) + u' ' +
                                                  tr("± is the standard error over blocks of text. What lies "
                                                     "within the floor or two standard errors is called "
                                                     "indistinguishable."),
                                              QStringLiteral("note")));
  body += quantiles(data, of) + pairs(data, of) + provenance(data, of);
  return html::section(wordOf(Part::Evaluation), heading,
                       tr("Perplexity, and how far the predictions of the next token move away from those of the "
                          "reference, on one text."),
                       body);
}

}  // namespace app::report
