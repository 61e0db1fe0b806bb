#include "app/workspaces/layers/design_words.h"

#include <algorithm>
#include <cmath>

#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "app/workspaces/layers/design_state.h"

namespace app {

using text::tr;

namespace {

QString partsText(const DesignSpace& space, core::evaluate::Level grouping) {
  const QString count = text::count(space.parts.size());
  switch (grouping) {
    case core::evaluate::Level::Layer:
      return tr("%1 layers").arg(count);
    case core::evaluate::Level::Role:
      return tr("%1 roles").arg(count);
    case core::evaluate::Level::Tensor:
      break;
  }
  return tr("%1 tensors").arg(count);
}

QString runningText(const DesignOutcome* outcome) {
  if (outcome == nullptr || outcome->textTitle.empty()) return tr("Reading the text…");
  if (outcome->design) return tr("Checking the recipe on the text that took no part…");
  if (!outcome->steps.empty()) {
    const DesignStep& best = outcome->steps.back();
    return tr("Better: %1 bytes, KL %2, after %3 measurements")
        .arg(text::count(best.bytes), text::estimate(best.kl), text::count(best.measurement));
  }
  if (outcome->singles.empty())
    return outcome->question.request.fastest ? tr("Measuring the candidates' speeds…")
                                             : tr("Measuring what the recipe is to beat…");
  const DesignSingle& last = outcome->singles.back();
  return tr("Single measurements: %1 of %2 · %3 under %4: KL %5")
      .arg(text::count(outcome->measurements()), text::count(outcome->singlesWanted), QString::fromStdString(last.item),
           schemeTitle(last.scheme), text::estimate(last.kl));
}

/// Of the recipe, and of all tensors under the candidate that is fastest alone.
QString speedText(const DesignQuestion& question, const DesignSpeeds& speeds) {
  const auto known = [](double speed) { return std::isfinite(speed) ? speed : 0.0; };
  const auto fastest = std::ranges::max_element(speeds.candidates, {}, known);
  const auto candidate = static_cast<std::size_t>(fastest - speeds.candidates.begin());
  return tr("It decodes %1 tokens/s here (predicted: %2); with %3 for all tensors it would be %4.")
      .arg(text::number(speeds.measured, 3), text::number(speeds.predicted, 3),
           schemeTitle(question.request.candidates[candidate].toString()), text::number(*fastest, 3));
}

}  // namespace

QString schemeTitle(const std::string& scheme) {
  return QString::fromStdString(core::quant::Scheme::parse(scheme).displayName());
}

QString comparisonText(const DesignRival& rival) {
  if (!rival.problem.empty()) return QString::fromStdString(rival.problem);
  const double ratio = rival.ratio.value, half = core::evaluate::kConfidence95 * rival.ratio.error;
  if (!std::isfinite(ratio)) return QStringLiteral("–");
  if (ratio == 1 && half == 0) return tr("the same");
  if (!std::isfinite(half)) return tr("too little text");
  const bool isSame = rival.verdict() == core::evaluate::Verdict::Indistinguishable;
  constexpr double kManyTimes = 2;
  if (ratio >= kManyTimes && !isSame)
    return tr("%1 times the KL (%2 … %3)")
        .arg(text::number(ratio, 3), text::number(ratio - half, 3), text::number(ratio + half, 3));
  // More is said as such, with an interval of the same sign.
  const double less = ratio > 1 && !isSame ? ratio - 1 : 1 - ratio;
  const QString interval = tr("%1 … %2").arg(text::percent(less - half, 0), text::percent(less + half, 0));
  if (isSame) return tr("indistinguishable (%1)").arg(interval);
  return (ratio > 1 ? tr("%1 more KL (%2)") : tr("%1 less KL (%2)")).arg(text::percent(less, 0), interval);
}

QString offerText(const DesignQuestion& question, const DesignSpace& space) {
  QString text = tr("%1 under %2 candidates: %3 single measurements. Possible: %4 … %5 bytes")
                     .arg(partsText(space, question.request.grouping), text::count(question.request.candidates.size()),
                          text::count(space.singles()), text::count(space.smallest), text::count(space.largest));
  text += space.mostBytes != 0 ? tr("; at most %1.").arg(text::count(space.mostBytes)) : QStringLiteral(".");
  if (question.text == question.checkText)
    text += tr(" It is checked on the text it is designed on, which says less than another one would.");
  return text;
}

QString stateText(const DesignState& state) {
  if (!state.failure().isEmpty()) return state.failure();
  const DesignOutcome* const outcome = state.outcome();
  if (state.isRunning()) return state.wasStopped() ? tr("Stopping…") : runningText(outcome);
  if (outcome == nullptr && !state.wasStopped()) return tr("Nothing was measured yet.");
  const QString count = text::count(outcome == nullptr ? 0 : outcome->measurements());
  if (state.isOld()) return tr("Old: this answers another question than stands above (%1 measurements).").arg(count);
  if (state.wasStopped())
    return tr("Stopped after %1 measurements. They are kept: designing again goes on from there.").arg(count);
  return tr("%1 measurements · %2").arg(count, QString::fromStdString(outcome->device));
}

QString verdictText(const DesignOutcome& outcome, const Selection& selection) {
  if (!outcome.design) return {};
  const Design& design = *outcome.design;
  QString text = tr("%1 bytes (%2), KL %3 on %4.")
                     .arg(text::count(design.bytes), text::bitsPerWeight(design.bitsPerWeight),
                          text::estimate(design.kl), QString::fromStdString(outcome.textTitle));
  if (!design.speeds.candidates.empty()) text += QStringLiteral(" ") + speedText(outcome.question, design.speeds);
  if (!outcome.check) return text;
  const DesignCheck& check = *outcome.check;
  text +=
      QStringLiteral(" ") + tr("On %1, KL %2").arg(QString::fromStdString(check.textTitle), text::estimate(check.kl));
  const auto measured = std::ranges::find_if(check.rivals, [](const auto& rival) { return rival.problem.empty(); });
  if (measured == check.rivals.end()) return text + u'.';
  const QString name = selection.title(measured->recipe);
  const QString size = measured->bytes == design.bytes ? tr("at equal bytes")
                                                       : tr("which takes %1 bytes").arg(text::count(measured->bytes));
  return text + tr(". Beside %1, %2: %3.").arg(name, size, comparisonText(*measured));
}

QString provenanceText(const DesignOutcome& outcome, const QString& model) {
  const bool isAll = outcome.question.positions == StudyPositions::All;
  return tr("%1 · %2 · %3 positions scored (%4) · %5")
      .arg(model, QString::fromStdString(outcome.textTitle), text::count(outcome.scored),
           isAll ? tr("every one") : tr("answers"), QString::fromStdString(outcome.device));
}

}  // namespace app
