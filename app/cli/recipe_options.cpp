#include "app/cli/recipe_options.h"

#include "app/session/recipe_file.h"

namespace app::cli {

core::model::Recipe RecipeOptions::parse() const {
  return isGiven() ? openRecipes(schemes, recipes, rules).front() : core::model::Recipe();
}

std::vector<core::model::Recipe> RecipeOptions::parseAll() const { return openRecipes(schemes, recipes, rules); }

void addRecipe(CLI::App& command, RecipeOptions& options, const std::string& scheme, Takes takes) {
  std::string recipe = "A file type such as Q4_K_M, or a file of lines PATTERN = SCHEME";
  if (takes == Takes::Any) recipe += " (repeatable)";
  auto* const first = command.add_option("--scheme", options.schemes, scheme);
  auto* const second = command.add_option("--recipe", options.recipes, recipe);
  if (takes == Takes::One) {
    first->expected(1);
    second->expected(1)->excludes(first);
  }
  command.add_option("--tensor-type", options.rules,
                     "PATTERN=SCHEME for the tensors whose names the regular expression matches (repeatable)");
}

}  // namespace app::cli
