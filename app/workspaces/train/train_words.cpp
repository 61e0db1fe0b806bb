#include "app/workspaces/train/train_words.h"

#include <algorithm>

#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "core/base/error.h"
#include "core/quant/registry.h"

namespace app {

using text::tr;

namespace {

QString accuracyText(const core::evaluate::Estimate& accuracy) {
  return tr("%1 of the held-out questions are answered exactly").arg(text::percent(accuracy.value));
}

QString qatText(const TrainHistory& history) {
  const TrainEvaluation& last = history.evaluations.back();
  QString said =
      tr("After %1 steps (%2 of training) the held-out perplexity is %3. Rounding alone left %4; unquantized "
         "it is %5.")
          .arg(text::count(last.step), text::duration(last.seconds), text::estimate(last.now.perplexity),
               text::estimate(history.start->untrained.perplexity), text::estimate(history.start->stored.perplexity));
  if (const auto& summary = history.summary; summary && summary->trained && summary->trained->accuracy) {
    said += u' ' + accuracyText(*summary->trained->accuracy);
    if (summary->untrained && summary->untrained->accuracy)
      said += tr(" (after rounding: %1)").arg(text::percent(summary->untrained->accuracy->value));
    said += u'.';
  }
  return said;
}

QString qloraText(const QloraLabSettings& settings, const TrainHistory& history) {
  const TrainEvaluation& last = history.evaluations.back();
  QString said = tr("After %1 steps (%2 of training, %3) it knows %4. The held-out perplexity went from %5 to %6.")
                     .arg(text::count(last.step), text::duration(last.seconds),
                          settings.replay ? tr("with replay") : tr("without replay"), factsText(last),
                          text::estimate(history.start->untrained.perplexity), text::estimate(last.now.perplexity));
  if (history.summary && history.summary->requantized)
    said += u' ' + tr("Merged into the weights and quantized again: %1.")
                       .arg(text::estimate(history.summary->requantized->perplexity));
  return said;
}

}  // namespace

QString schemeName(const LabSettings& settings) {
  const auto* qat = std::get_if<QatLabSettings>(&settings);
  const std::string& text = qat != nullptr ? qat->scheme : std::get<QloraLabSettings>(settings).base;
  try {
    const auto scheme = core::quant::Scheme::parse(text);
    if (const auto* preset = core::quant::findPreset(scheme)) return QString::fromStdString(preset->title);
  } catch (const core::Error&) {
    // A recipe, or what another version of the program knew.
  }
  return QString::fromStdString(text);
}

FactCount countOf(const TrainEvaluation& evaluation) {
  FactCount count;
  for (const FactKnown& fact : evaluation.facts) {
    count.known += fact.isKnown ? 1 : 0;
    count.wordings += fact.rewordings;
    count.wordingsKnown += fact.rewordingsKnown;
  }
  return count;
}

QString factsText(const TrainEvaluation& evaluation) {
  const FactCount count = countOf(evaluation);
  return tr("%1 of %2 facts, %3 of %4 unseen wordings")
      .arg(text::count(count.known), text::count(evaluation.facts.size()), text::count(count.wordingsKnown),
           text::count(count.wordings));
}

QString outcomeText(const LabSettings& settings, const TrainHistory& history) {
  if (!history.start || history.evaluations.empty()) return {};
  QString said;
  if (const auto* qlora = std::get_if<QloraLabSettings>(&settings))
    said = qloraText(*qlora, history);
  else
    said = qatText(history);
  if (history.summary && history.summary->bitsPerWeight > 0)
    said += u' ' + tr("It has %1.").arg(text::bitsPerWeight(history.summary->bitsPerWeight));
  return said;
}

QString provenanceText(const LabSettings& settings, const QString& model) {
  const TrainSettings& common = commonOf(settings);
  return tr("%1 · %2 · %3 steps of %4 × %5 tokens · rate %6 · seed %7")
      .arg(model, schemeName(settings), text::count(common.steps), text::count(common.batch),
           text::count(common.length), text::number(common.rate, 2), text::count(common.seed));
}

}  // namespace app
