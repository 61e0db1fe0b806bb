#pragma once
#include <optional>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/recipe/recipe_plan.h"

namespace app {

/// One of the things that are compared: a scheme for every matrix of the blocks, or a recipe.
struct Treatment {
  core::model::Recipe recipe;
  core::model::RecipePlan plan;

  /// @throws core::Error as planRecipe
  Treatment(core::model::Recipe what, const core::io::Checkpoint& checkpoint);
  /// What one tensor is measured under; nothing where it stays as stored.
  std::optional<core::model::TensorDecision> decisionOf(std::size_t tensor) const;
  /// The scheme of it; nothing where it stays as stored. A scheme is asked for every matrix, so that
  /// its refusal is an answer.
  std::optional<core::quant::Scheme> schemeOf(std::size_t tensor) const;
};

/// One per recipe. @throws core::Error as planRecipe
std::vector<Treatment> planTreatments(std::vector<core::model::Recipe> recipes, const core::io::Checkpoint& checkpoint);

/// What is compared when nobody says what: bf16, int8, int4, nf4, q8_0, q4_0.
std::vector<core::model::Recipe> usualRecipes();

}  // namespace app
