#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/model/recipe/recipe.h"

namespace app::cli {

/// How a verb is told what to do to the weights.
struct RecipeOptions {
  std::string scheme, recipe;
  std::vector<std::string> rules;

  bool isGiven() const { return !scheme.empty() || !recipe.empty() || !rules.empty(); }
  /// The default recipe, which keeps everything, where none was given. @throws core::Error
  core::model::Recipe parse() const;
};

/// Adds --scheme, --recipe and --tensor-type. @param scheme what the first is for
void addRecipe(CLI::App& command, RecipeOptions& options, const std::string& scheme);

}  // namespace app::cli
