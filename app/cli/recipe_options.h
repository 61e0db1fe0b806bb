#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/model/recipe/recipe.h"

namespace app::cli {

/// How a verb is told what to do to the weights.
struct RecipeOptions {
  std::vector<std::string> schemes, recipes, rules;

  bool isGiven() const { return !schemes.empty() || !recipes.empty() || !rules.empty(); }
  /// For a verb that takes one: the default recipe, which keeps everything, where none was given. @throws core::Error
  core::model::Recipe parse() const;
  /// For a verb that compares: as openRecipes(). @throws core::Error
  std::vector<core::model::Recipe> parseAll() const;
};

/// How many schemes and recipes a verb takes: one of either, or any number of both.
enum class Takes { One, Any };

/// Adds --scheme, --recipe and --tensor-type. @param scheme what the first is for
void addRecipe(CLI::App& command, RecipeOptions& options, const std::string& scheme, Takes takes = Takes::One);

}  // namespace app::cli
