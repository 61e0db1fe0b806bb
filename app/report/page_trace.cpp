#include <algorithm>

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/session/trace_pictures.h"
#include "app/session/trace_text.h"
#include "app/text/numbers.h"

namespace app::report {

namespace {

constexpr std::size_t kMostTensors = 20, kMostWeights = 50;

QString said(const std::string& text) { return QString::fromStdString(text); }

QByteArray exact(double value) { return QByteArray::number(value, 'g', 17); }

QString depthCard(const core::trace::Depth& depth, const core::text::Tokenizer* tokenizer) {
  QByteArray strip = "place,relative_error,cosine\n", map = "position,place,relative_error\n";
  for (const auto& step : depth.steps)
    strip += QByteArray::fromStdString(step.name) + ',' + exact(step.relativeError) + ',' + exact(step.cosine) + '\n';
  for (std::size_t position = 0; position < depth.positions; ++position)
    for (std::size_t step = 0; step < depth.steps.size(); ++step)
      map += QByteArray::number(static_cast<qulonglong>(depth.firstPosition + position)) + ',' +
             QByteArray::fromStdString(depth.steps[step].name) + ',' +
             exact(static_cast<double>(depth.relativeErrors[position * depth.steps.size() + step])) + '\n';
  return html::card(
      tr("Where in depth"),
      drawing(said(depthStrip(depth, tokenizer)), tr("Trace depth"), strip,
              tr("Relative error of the residual stream behind every half-layer, and what either model would say if "
                 "it ended there (stored → quantized).")) +
          drawing(
              said(depthMap(depth)), tr("Trace map"), map,
              tr("All tokens by depth: the stronger the colour, the larger the error; outlined where the two would say "
                 "different words.")));
}

QString tensorCard(const Trace& trace) {
  const auto contributionOf = [&](const std::string& name) {
    const auto found =
        std::ranges::find(trace.attribution->tensors, name, [](const auto& known) { return known.name; });
    return found == trace.attribution->tensors.end() ? 0.0 : found->sum;
  };
  std::vector<QStringList> rows;
  QByteArray csv = "tensor,contribution,logit_difference_restored,kl_restored,word_is_back\n";
  for (const auto& tensor : trace.restoration->tensors) {
    const double contribution = contributionOf(tensor.name);
    csv += QByteArray::fromStdString(tensor.name) + ',' + exact(contribution) + ',' +
           exact(tensor.restored.logitDifference) + ',' + exact(tensor.restored.divergence) + ',' +
           (tensor.restored.isReferenceWord ? "1" : "0") + '\n';
    if (rows.size() < kMostTensors)
      rows.push_back({html::escaped(said(tensor.name)), text::number(contribution, 3),
                      text::number(tensor.restored.logitDifference, 3), text::number(tensor.restored.divergence, 3),
                      html::escaped(tensor.restored.isReferenceWord ? tr("yes") : tr("no"))});
  }
  const auto& parts = *trace.attribution;
  return html::card(
      tr("Which tensor"),
      drawing(said(tensorMap(trace)), tr("Trace tensors"), csv,
              tr("What restoring each tensor alone brings of the difference between the two words' logits.")) +
          html::table({tr("Tensor"), tr("Contribution (logits)"), tr("Difference with it restored"),
                       tr("KL then (nats)"), tr("Word is back")},
                      rows) +
          html::textElement("p",
                            tr("Contributions add up to %1 of %2; the rest, %3, is what %4 points of the quadrature "
                               "miss. Tensors shown: %5 of %6.")
                                .arg(text::number(parts.total(), 4), text::number(parts.reference - parts.compared, 4),
                                     text::number(parts.remainder, 2), text::count(parts.points),
                                     text::count(rows.size()), text::count(trace.restoration->tensors.size())),
                            QStringLiteral("note")));
}

QString blocksCsvDrawing(const Trace& trace, const core::trace::ProvedSet& set) {
  QByteArray csv = "tensor,row,column,weights,expected_gain\n";
  for (const auto& member : set.members) {
    const TracedTensor& tensor = trace.tensors[member.tensor];
    csv += QByteArray::fromStdString(tensor.name) + ',' +
           QByteArray::number(static_cast<qulonglong>(member.first / tensor.width)) + ',' +
           QByteArray::number(static_cast<qulonglong>(member.first % tensor.width)) + ',' +
           QByteArray::number(static_cast<qulonglong>(member.count)) + ',' + exact(member.expected) + '\n';
  }
  return drawing(said(blockMaps(trace, set)), tr("Trace blocks"), csv, tr("Where the proved blocks lie."));
}

QString weightTable(const Trace& trace, const core::trace::ProvedSet& set) {
  std::vector<QStringList> rows;
  for (std::size_t i = 0; i < std::min(kMostWeights, set.members.size()); ++i) {
    const auto& member = set.members[i];
    const TracedTensor& tensor = trace.tensors[member.tensor];
    rows.push_back({html::escaped(said(tensor.name)), text::count(member.first / tensor.width),
                    text::count(member.first % tensor.width), text::number(member.expected, 3)});
  }
  QString table = html::table({tr("Tensor"), tr("Row"), tr("Column"), tr("Expected gain (logits)")}, rows);
  if (set.members.size() > kMostWeights)
    table += html::textElement("p",
                               tr("The first %1 of %2; report.json holds all.")
                                   .arg(text::count(kMostWeights), text::count(set.members.size())),
                               QStringLiteral("note"));
  return table;
}

QString proofCard(const Trace& trace, const core::text::Tokenizer* tokenizer) {
  const auto& proof = *trace.proof;
  QString body;
  if (proof.blocks)
    body += html::textElement("p", said(proofSentence(trace, *proof.blocks, "blocks", tokenizer))) +
            blocksCsvDrawing(trace, *proof.blocks);
  else
    body += html::textElement("p", tr("No small set of blocks was found whose restoration brings the word back."));
  if (proof.weights)
    body += html::textElement("p", said(proofSentence(trace, *proof.weights, "weights", tokenizer))) +
            weightTable(trace, *proof.weights);
  else
    body += html::textElement("p", tr("No small set of weights was found whose restoration brings the word back."));
  return html::card(tr("Proof by restoration"), body);
}

}  // namespace

QString traceSection(const ReportData& data) {
  const QString heading = tr("From a word to its weights");
  if (auto missing = missingSection(data, Part::Trace, heading)) return *missing;
  const Trace& trace = *data.parts.trace;
  const auto tokenizer = data.model->tokenizer();
  QString body = html::card({}, html::textElement("div", data.parts.tracedPrompt, QStringLiteral("prompt")) +
                                    html::textElement("p", said(caseSentence(trace, tokenizer.get()))));
  if (trace.depth) body += depthCard(*trace.depth, tokenizer.get());
  if (trace.restoration && trace.attribution) body += tensorCard(trace);
  if (trace.proof) body += proofCard(trace, tokenizer.get());
  double seconds = 0;
  for (const auto& stage : trace.seconds) seconds += stage.second;
  body += provenanceCard(
      data, {{tr("Reference"), tr("%1 on %2").arg(said(trace.referenceTitle), said(trace.referenceDevice))},
             {tr("Compared"), tr("%1 on %2").arg(said(trace.comparedTitle), said(trace.comparedDevice))},
             {tr("Seed of random sets"), QString::number(trace.seed)},
             {tr("Time"), text::duration(seconds)}});
  return html::section(wordOf(Part::Trace), heading,
                       tr("The first word at which an answer parts from the stored model's, followed to the weights "
                          "whose rounding caused it."),
                       body);
}

}  // namespace app::report
