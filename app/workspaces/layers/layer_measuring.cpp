#include "app/workspaces/layers/layer_measuring.h"

#include "app/session/calibrate_model.h"
#include "app/session/measured_tensor.h"
#include "app/session/other_models.h"
#include "app/session/treatment.h"
#include "core/base/error.h"

namespace app {

namespace {

/// Whether a scheme would have it but cannot hold its shape, so that it was not chosen to stay.
bool isRefused(const core::model::TensorDecision& decision, const core::model::Recipe& recipe) {
  return decision.rule.empty() && decision.place.fate == core::model::Fate::Quantize &&
         std::holds_alternative<core::quant::Scheme>(recipe.base);
}

bool isKept(const core::model::TensorDecision& decision, const core::model::Recipe& recipe) {
  return decision.fate() == core::model::Fate::Keep && !isRefused(decision, recipe);
}

/// Of the tensors whose outputs the store does not know, all that some layer multiplies with.
MeasuredTensors measureMissing(const OpenModel& model, const std::vector<std::size_t>& tensors,
                               const core::model::Recipe& recipe, core::quant::Calibration* calibration,
                               const core::JobContext& job) {
  const auto* const windows = calibration != nullptr ? windowsOf(*calibration) : nullptr;
  if (windows == nullptr)
    throw core::Error(core::ErrorCode::InvalidArgument,
                      "The error of outputs is measured on inputs: it needs a calibration text.");
  const std::vector<Treatment> treatments = planTreatments({recipe}, model.checkpoint());
  std::vector<std::size_t> missing;
  for (const std::size_t tensor : tensors) {
    const auto& decision = treatments[0].plan.tensors[tensor];
    const bool isKnown =
        decision.scheme && model.errors().find(tensor, *decision.scheme, calibration, Measure::Outputs).has_value();
    if ((decision.scheme && !isKnown) || decision.other) missing.push_back(tensor);
  }
  if (missing.empty()) return {};
  return measureOutputs(model, treatments, missing, *windows, job);
}

}  // namespace

ModelErrors measureErrors(const OpenModel& model, const std::vector<std::size_t>& tensors,
                          const core::model::Recipe& recipe, Measure what, const core::JobContext& job) {
  const auto& checkpoint = model.checkpoint();
  const auto plan = core::model::planRecipe(recipe, checkpoint);
  const auto calibration = model.calibration().current();
  ModelErrors errors;
  errors.size = {sizeUnder(checkpoint, recipe), recipe};
  for (std::size_t i = 0; i < plan.tensors.size(); ++i)  // pieces of packed weights go with them
    if (checkpoint.tensors()[i].pieceOf.empty() && isKept(plan.tensors[i], recipe)) ++errors.keptTensors;
  MeasuredTensors outputs;
  const bool isOfOutputs = what == Measure::Outputs;
  if (isOfOutputs) outputs = measureMissing(model, tensors, recipe, calibration.get(), job.part(0.0, 0.9));
  const core::JobContext rest = job.part(isOfOutputs ? 0.9 : 0.0, 1.0);
  const auto count = static_cast<double>(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::size_t tensor = tensors[i];
    const auto& decision = plan.tensors[tensor];
    const core::JobContext part = rest.part(static_cast<double>(i) / count, static_cast<double>(i + 1) / count);
    part.progress(0.0, checkpoint.tensors()[tensor].name);
    SchemeError error;
    error.tensor = tensor;
    if (const auto measured = outputs.find({tensor, 0}); measured != outputs.end()) {
      error = measured->second;
      if (decision.scheme) model.errors().add(error, calibration.get(), what);
    } else if (decision.scheme || decision.other) {
      const auto known = decision.scheme && isOfOutputs
                             ? model.errors().find(tensor, *decision.scheme, calibration.get(), what)
                             : std::nullopt;
      error = known ? *known : model.errors().measure(checkpoint, tensor, decision, part, calibration.get());
      // What no layer multiplies with has no outputs: that is known now, too.
      if (decision.scheme && isOfOutputs && !known) model.errors().add(error, calibration.get(), what);
    } else if (isRefused(decision, recipe)) {
      error.refused = decision.kept;
    }
    errors.matrices.push_back(std::move(error));
    errors.kept.push_back(isKept(decision, recipe) ? decision.kept : std::string());
  }
  errors.note = otherDifferences(checkpoint, plan, tensors, job);
  return errors;
}

}  // namespace app
