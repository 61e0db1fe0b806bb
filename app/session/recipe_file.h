#pragma once
#include <string>
#include <vector>

#include "core/model/recipe/recipe.h"

namespace app {

/// What a person names a recipe by: a file type ("Q4_K_M"), a scheme ("nf4"), the path of a recipe file, which is
/// its title, another model, "model:PATH", or an adapter merged into the open one, "adapter:PATH", "adapter:PATH:50%";
/// any of these, or "stored", with an adapter that is added while it runs: "nf4+adapter:PATH:50%".
/// @throws core::Error (NotFound, InvalidArgument, InvalidFile, Io) with one sentence
core::model::Recipe openRecipe(const std::string& nameOrFile);

/// Puts rules "PATTERN=SCHEME" before those of the recipe.
/// @throws core::Error (InvalidArgument)
void addRules(core::model::Recipe& recipe, const std::vector<std::string>& rules);

/// What a verb is told to compare: the schemes, then the recipes, the rules before those of each. Rules alone are one
/// recipe that keeps everything else.
/// @throws core::Error as the others
std::vector<core::model::Recipe> openRecipes(const std::vector<std::string>& schemes,
                                             const std::vector<std::string>& recipes,
                                             const std::vector<std::string>& rules);

}  // namespace app
