#pragma once
#include <string>
#include <vector>

#include "core/model/recipe/recipe.h"

namespace app {

/// What a person names a recipe by: a file type ("Q4_K_M"), a scheme ("nf4"), or the path of a recipe file.
/// @throws core::Error (NotFound, InvalidArgument, InvalidFile, Io) with one sentence
core::model::Recipe openRecipe(const std::string& nameOrFile);

/// Puts rules "PATTERN=SCHEME" before those of the recipe.
/// @throws core::Error (InvalidArgument)
void addRules(core::model::Recipe& recipe, const std::vector<std::string>& rules);

}  // namespace app
