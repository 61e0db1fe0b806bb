#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "core/model/recipe/recipe.h"

namespace core::model {

constexpr std::size_t kLongestRecipe = 64 * 1024;  ///< bytes
constexpr std::size_t kMostRecipeRules = 1000;

/// One rule as people pass it to llama-quantize's --tensor-type: "attn_v=q6_k", with any scheme or "keep" on the right.
/// The pattern may hold "=": the first one with a scheme's name behind it parts them.
/// @throws Error (InvalidArgument)
RecipeRule parseRecipeRule(std::string_view text);

/// A recipe file: lines "PATTERN = SCHEME", and one "base = …" with a file type, a scheme or "stored" (which it is
/// without one). Empty lines and what follows a # at the beginning of a word are left out. Files of llama-quantize's
/// --tensor-type-file, which may have several rules in a line, are such files.
/// @param source its name, for errors
/// @throws Error (InvalidFile) "SOURCE, line N: …", also for a file that is too long or no text
Recipe parseRecipe(std::string_view text, std::string_view source);

/// The text of a recipe file that parseRecipe() reads as this recipe.
/// @pre no replacements: they are no text
std::string formatRecipe(const Recipe& recipe);

/// To keep a recipe in settings: its name when it has one ("nf4", "Q4_K_M"), else the text of its file; and back.
/// @pre no replacements
std::string textOf(const Recipe& recipe);
/// @throws Error (InvalidArgument, InvalidFile)
Recipe recipeFromText(std::string_view text);

}  // namespace core::model
