#include "app/workspaces/inspect/overlaid_weights.h"

#include <string>

#include "app/text/tr.h"
#include "core/quant/registry.h"

namespace app {

using text::tr;

namespace {

using core::model::TensorDecision;

QString waitText(CalibrationWait wait) {
  return wait == CalibrationWait::Reading ? tr("waits for the calibration") : tr("needs a calibration text");
}

}  // namespace

std::optional<TensorDecision> overlaidDecision(const Selection& selection, const core::model::Recipe& recipe,
                                               std::size_t tensor, QString& why) {
  TensorDecision decision;
  if (const auto* const scheme = recipe.asScheme()) {
    decision.scheme = *scheme;
  } else if (const auto* const plan = selection.planOf(recipe); plan == nullptr) {
    why = tr("cannot be applied to this model");
    return std::nullopt;
  } else {
    decision = plan->tensors[tensor];
  }
  if (decision.fate() == core::model::Fate::Keep) {
    why = decision.kept.empty() ? tr("keeps this tensor as stored")
                                : tr("keeps this tensor as stored: %1").arg(QString::fromStdString(decision.kept));
    return std::nullopt;
  }
  if (!decision.scheme) return decision;
  std::string refused;
  if (!core::quant::accepts(*decision.scheme, selection.model()->checkpoint().tensors()[tensor].shape, &refused)) {
    why = QString::fromStdString(refused);
    return std::nullopt;
  }
  const CalibrationWait wait = selection.waitOf(*decision.scheme);
  if (wait == CalibrationWait::Nothing) return decision;
  why = waitText(wait);
  return std::nullopt;
}

bool isSameOverlay(const TensorDecision& a, const TensorDecision& b) {
  const auto other = [](const TensorDecision& decision) {
    return decision.other ? decision.other->identity() : std::string();
  };
  return a.scheme == b.scheme && a.replacement == b.replacement && other(a) == other(b);
}

OverlaidWeights overlayWeights(OpenModel& model, std::size_t tensor, const TensorDecision& decision,
                               const core::metrics::Histogram& bins, const core::JobContext& job) {
  const auto stored = model.tensor(tensor);
  const auto made = core::model::makeTensor(decision, stored, job.part(0.0, 0.4), model.calibration().current().get());
  OverlaidWeights result;
  result.histogram = core::metrics::histogram(*made, bins.low, bins.high, bins.counts.size(), job.part(0.4, 0.6));
  result.stats = core::metrics::summarize(*made, 1, job.part(0.6, 0.8)).stats;
  result.error = core::metrics::compare(*stored, *made, job.part(0.8, 1.0));
  return result;
}

}  // namespace app
