#include "app/workspaces/train/train_words.h"

#include <QLocale>
#include <algorithm>
#include <cmath>

#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "core/base/error.h"
#include "core/quant/registry.h"

namespace app {

using text::tr;

namespace {

/// "94.2 ± 1.5 %"
QString shareText(const core::evaluate::Estimate& share) {
  if (!(share.error > 0)) return text::percent(share.value);
  const auto percents = [](double value) { return QLocale().toString(100 * value, 'f', 1); };
  return tr("%1 ± %2 %").arg(percents(share.value), percents(share.error));
}

QString accuracyText(const core::evaluate::Estimate& accuracy) {
  return tr("%1 of the held-out questions are answered exactly").arg(shareText(accuracy));
}

/// "After 64 steps (3 min 2 s of training)"; before the first one nothing was trained.
QString afterText(const TrainEvaluation& evaluation, const QString& more = {}) {
  if (evaluation.step == 0) return tr("Before the first step");
  return tr("After %1 steps (%2 of training%3)")
      .arg(text::count(evaluation.step), text::duration(evaluation.seconds), more);
}

QString qatText(const TrainHistory& history) {
  const TrainEvaluation& last = history.evaluations.back();
  QString said =
      tr("%1 the held-out perplexity is %2. Rounding alone left %3; unquantized it is %4.")
          .arg(afterText(last), text::estimate(last.now.perplexity),
               text::estimate(history.start->untrained.perplexity), text::estimate(history.start->stored.perplexity));
  if (const auto& summary = history.summary; summary && summary->trained && summary->trained->accuracy) {
    said += u' ' + accuracyText(*summary->trained->accuracy);
    if (summary->untrained && summary->untrained->accuracy)
      said += tr(" (after rounding: %1)").arg(shareText(*summary->untrained->accuracy));
    said += u'.';
  }
  return said;
}

QString qloraText(const QloraLabSettings& settings, const TrainHistory& history) {
  const TrainEvaluation& last = history.evaluations.back();
  const QString after = afterText(last, settings.replay ? tr(", with replay") : tr(", without replay"));
  const QString before = text::estimate(history.start->untrained.perplexity);
  if (last.step == 0) return tr("%1 it knows %2. The held-out perplexity is %3.").arg(after, factsText(last), before);
  QString said = tr("%1 it knows %2. The held-out perplexity went from %3 to %4.")
                     .arg(after, factsText(last), before, text::estimate(last.now.perplexity));
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
  const std::uint64_t done = history.steps.empty() ? 0 : history.steps.back().step;
  if (history.summary && done > history.evaluations.back().step)
    said += u' ' + tr("It was trained up to step %1 since, of which nothing was measured.").arg(text::count(done));
  if (history.summary && history.summary->bitsPerWeight > 0)
    said += u' ' + tr("It has %1.").arg(text::bitsPerWeight(history.summary->bitsPerWeight));
  return said;
}

QString mergedText(const MergeReport& report) {
  QString said = tr("Saved as %1.").arg(text::shortened(QString::fromStdString(report.path.string())));
  for (const std::string& note : report.written.notes) said += u' ' + QString::fromStdString(note);
  if (!report.evaluation) return said;
  const EvaluationRow& row = report.writtenRow();
  if (!row.failure.empty()) return said + u' ' + QString::fromStdString(row.failure);
  const bool isAlike = row.perplexityVerdict == core::evaluate::Verdict::Indistinguishable;
  const QString sentence =
      isAlike
          ? tr("On the held-out text its perplexity is %1, indistinguishable from that of the adapter beside its "
               "base, %2; their predictions differ by %3 nats per token.")
          : tr("On the held-out text its perplexity is %1, that of the adapter beside its base %2; their predictions "
               "differ by %3 nats per token.");
  return said + u' ' +
         sentence.arg(text::estimate(row.statistics.perplexity), text::estimate(report.evaluation->referencePerplexity),
                      text::estimate(row.statistics.klMean));
}

QString roughly(double seconds) {
  constexpr double kSteps[][2] = {{10, 1}, {60, 5}, {300, 10}, {3600, 60}};
  double unit = 600;
  for (const auto& [below, step] : kSteps)
    if (seconds < below) {
      unit = step;
      break;
    }
  const auto whole = static_cast<qint64>(std::max(1.0, std::round(seconds / unit) * unit));
  const qint64 hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  if (hours > 0) return minutes == 0 ? tr("%1 h").arg(hours) : tr("%1 h %2 min").arg(hours).arg(minutes);
  if (minutes == 0) return tr("%1 s").arg(rest);
  return rest == 0 ? tr("%1 min").arg(minutes) : tr("%1 min %2 s").arg(minutes).arg(rest);
}

QString activityText(const LabSettings& settings, TrainActivity activity, std::uint64_t stepsDone) {
  const bool isQat = std::holds_alternative<QatLabSettings>(settings);
  const QString steps = text::count(commonOf(settings).steps);
  switch (activity) {
    case TrainActivity::Preparing:
      return tr("Reading data and weights…");
    case TrainActivity::Starting:
      return tr("Measuring what training starts from…");
    case TrainActivity::Evaluating:
      return (isQat ? tr("Step %1 of %2: reading the held-out text, answering the prompts…")
                    : tr("Step %1 of %2: reading the held-out text, asking for the facts…"))
          .arg(text::count(stepsDone), steps);
    case TrainActivity::Training:
      return tr("Training, step %1 of %2.").arg(text::count(stepsDone + 1), steps);
    case TrainActivity::Writing:
      return tr("Writing the result…");
    case TrainActivity::Merging:
      return tr("All steps are made. Measuring what is left of it when it is merged and quantized again…");
    case TrainActivity::Asking:
      return tr("All steps are made. Asking the held-out questions…");
  }
  return {};
}

QStringList promptsOf(const LabSettings& settings) {
  constexpr qsizetype kMost = 4;
  QStringList prompts;
  if (const auto* const qlora = std::get_if<QloraLabSettings>(&settings))
    for (const NewFact& fact : qlora->facts) prompts << QString::fromStdString(fact.question);
  else
    for (const std::string& prompt : commonOf(settings).prompts) prompts << QString::fromStdString(prompt);
  return prompts.mid(0, kMost);
}

QString provenanceText(const LabSettings& settings, const QString& model) {
  const TrainSettings& common = commonOf(settings);
  return tr("%1 · %2 · %3 steps of %4 × %5 tokens · rate %6 · seed %7")
      .arg(model, schemeName(settings), text::count(common.steps), text::count(common.batch),
           text::count(common.length), text::number(common.rate, 2), text::count(common.seed));
}

}  // namespace app
