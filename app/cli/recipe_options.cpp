#include "app/cli/recipe_options.h"

#include "app/session/recipe_file.h"

namespace app::cli {

core::model::Recipe RecipeOptions::parse() const {
  core::model::Recipe result;
  if (!scheme.empty()) result = core::quant::Scheme::parse(scheme);
  if (!recipe.empty()) result = openRecipe(recipe);
  addRules(result, rules);
  return result;
}

void addRecipe(CLI::App& command, RecipeOptions& options, const std::string& scheme) {
  auto* const one = command.add_option("--scheme", options.scheme, scheme);
  command.add_option("--recipe", options.recipe, "A file type such as Q4_K_M, or a file of lines PATTERN = SCHEME")
      ->excludes(one);
  command.add_option("--tensor-type", options.rules,
                     "PATTERN=SCHEME for the tensors whose names the regular expression matches (repeatable)");
}

}  // namespace app::cli
