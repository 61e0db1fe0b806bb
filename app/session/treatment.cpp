#include "app/session/treatment.h"

#include <utility>

namespace app {

Treatment::Treatment(core::model::Recipe what, const core::io::Checkpoint& checkpoint)
    : recipe(std::move(what)), plan(core::model::planRecipe(recipe, checkpoint)) {}

std::optional<core::model::TensorDecision> Treatment::decisionOf(std::size_t tensor) const {
  core::model::TensorDecision decision = plan.tensors[tensor];
  const core::quant::Scheme* const scheme = recipe.asScheme();
  if (scheme && decision.place.fate == core::model::Fate::Quantize) decision.scheme = *scheme;
  return decision.scheme || decision.other ? std::optional(std::move(decision)) : std::nullopt;
}

std::optional<core::quant::Scheme> Treatment::schemeOf(std::size_t tensor) const {
  const auto decision = decisionOf(tensor);
  return decision ? decision->scheme : std::nullopt;
}

std::vector<Treatment> planTreatments(std::vector<core::model::Recipe> recipes,
                                      const core::io::Checkpoint& checkpoint) {
  std::vector<Treatment> treatments;
  for (auto& recipe : recipes) treatments.emplace_back(std::move(recipe), checkpoint);
  return treatments;
}

std::vector<core::model::Recipe> usualRecipes() {
  std::vector<core::model::Recipe> recipes;
  for (const char* text : {"bf16", "int8", "int4", "nf4", "q8_0", "q4_0"})
    recipes.emplace_back(core::quant::Scheme::parse(text));
  return recipes;
}

}  // namespace app
