#include "app/session/merge_adapter.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/quant/element_format.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace app {

namespace {

/// What merged values are stored as where nobody says what: as the adapter alone would be merged.
core::quant::Scheme plainScheme(const core::model::AdaptedMatrix& matrix) {
  core::model::AdaptedMatrix merged = matrix;
  merged.beside = nullptr;
  return core::quant::Scheme::defaults(*core::quant::formatOf(merged.type()));
}

core::quant::QuantizedTensorPtr storedAgain(const core::quant::QuantizedTensorPtr& merged,
                                            const core::quant::Scheme& scheme, core::quant::Calibration* calibration,
                                            const core::JobContext& job) {
  core::model::TensorDecision decision;
  decision.scheme = scheme;
  return core::model::makeTensor(decision, merged, job, calibration);
}

}  // namespace

core::model::Recipe mergedAdapter(const OpenModel& model, const core::model::Recipe& recipe,
                                  const std::optional<core::quant::Scheme>& scheme, const core::JobContext& job) {
  if (!recipe.adapter)
    throw core::Error(core::ErrorCode::InvalidArgument, fmt::format("{} has no adapter to merge.", recipe.toString()));
  const auto& checkpoint = model.checkpoint();
  const auto calibration = model.calibration().current();
  const auto plan = core::model::planRecipe(recipe, checkpoint);
  core::model::Recipe result = recipe;
  result.adapter = nullptr;
  result.title = fmt::format("{}, merged{}", recipe.displayName(), scheme ? " into " + scheme->displayName() : "");
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const auto& decision = plan.tensors[i];
    if (&decision.running() == &decision) continue;
    const auto count = static_cast<double>(plan.tensors.size()), index = static_cast<double>(i);
    const core::JobContext part = job.part(index / count, (index + 1) / count);
    const std::string& name = checkpoint.tensors()[i].name;
    part.progress(0.0, name);
    const auto merged = core::model::makeTensor(decision, core::quant::loadTensor(checkpoint, i), part.part(0.0, 0.5),
                                                calibration.get());
    result.replacements[name] = storedAgain(merged, scheme.value_or(plainScheme(*decision.other->adapted)),
                                            calibration.get(), part.part(0.5, 1.0));
  }
  return result;
}

core::model::Recipe withAdapterFolded(const OpenModel& model, const core::model::Recipe& recipe,
                                      const core::JobContext& job) {
  if (!recipe.adapter) return recipe;
  const auto plan = core::model::planRecipe(recipe, model.checkpoint());
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const auto& decision = plan.tensors[i];
    const auto& scheme = decision.running().scheme;
    if (&decision.running() == &decision || !scheme || scheme->activations.name == core::quant::ActivationName::None)
      continue;
    const std::string& name = model.checkpoint().tensors()[i].name;
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("Single weights are looked at here, and {} has none that does what its matrix and "
                                  "its adapter do: {} quantizes inputs that the adapter takes as they are. Merge the "
                                  "adapter (train merge, or Save merged in Train) and open the result.",
                                  core::io::inQuotes(name), scheme->displayName()),
                      name);
  }
  auto folded = mergedAdapter(model, recipe, core::quant::Scheme::defaults(core::quant::FormatName::Fp32), job);
  folded.title = recipe.title;
  return folded;
}

}  // namespace app
