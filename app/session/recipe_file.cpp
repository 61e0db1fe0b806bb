#include "app/session/recipe_file.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "app/session/other_models.h"
#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/recipe_text.h"
#include "core/quant/scheme_spelling.h"

namespace app {

namespace {

/// The adapter that a recipe file names is opened with it.
core::model::Recipe withOpenAdapter(core::model::Recipe recipe) {
  if (!recipe.adapter) return recipe;
  const std::string source = recipe.adapter->source();
  return withAdapter(std::move(recipe), source);
}

/// Whether a text begins as a scheme does but for capitals, which Scheme::parse says better than anybody.
bool isSchemeButForCase(std::string word) {
  word.resize(std::min(word.size(), word.find(':')));
  std::ranges::transform(word, word.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return core::quant::isSchemeName(word);
}

}  // namespace

core::model::Recipe openRecipe(const std::string& nameOrFile) {
  if (const std::size_t at = nameOrFile.find(core::model::kAddedAdapter); at != std::string::npos) {
    const std::string base = nameOrFile.substr(0, at);
    return withAdapter(base == "stored" ? core::model::Recipe() : openRecipe(base),
                       nameOrFile.substr(at + core::model::kAddedAdapter.size()));
  }
  if (nameOrFile.starts_with(core::model::kOtherModelPrefix))
    return openOther(nameOrFile.substr(core::model::kOtherModelPrefix.size()));
  if (nameOrFile.starts_with(core::model::kAdapterPrefix))
    return openAdapter(nameOrFile.substr(core::model::kAdapterPrefix.size()));
  if (const auto named = core::model::recipeByName(nameOrFile)) return *named;
  std::error_code error;
  if (!std::filesystem::exists(nameOrFile, error)) {
    if (isSchemeButForCase(nameOrFile)) static_cast<void>(core::quant::Scheme::parse(nameOrFile));
    throw core::Error(core::ErrorCode::NotFound,
                      "A recipe is a file type such as Q4_K_M, a scheme such as nf4, a file, model:PATH, "
                      "adapter:PATH or nf4+adapter:PATH; found " +
                          core::io::inQuotes(nameOrFile) +
                          ", which is none (quantscope-cli schemes lists the first two).",
                      nameOrFile);
  }
  const core::io::MappedFile file(nameOrFile);
  const auto bytes = file.contents();
  const std::string name = std::filesystem::path(nameOrFile).filename().string();
  auto recipe =
      withOpenAdapter(core::model::parseRecipe({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name));
  recipe.title = core::io::printable(name);
  return recipe;
}

void addRules(core::model::Recipe& recipe, const std::vector<std::string>& rules) {
  if (rules.empty()) return;
  recipe.title.clear();  // it is not what its file says any more
  std::vector<core::model::RecipeRule> first;
  for (const std::string& rule : rules) first.push_back(core::model::parseRecipeRule(rule));
  recipe.rules.insert(recipe.rules.begin(), std::make_move_iterator(first.begin()),
                      std::make_move_iterator(first.end()));
}

std::vector<core::model::Recipe> openRecipes(const std::vector<std::string>& schemes,
                                             const std::vector<std::string>& recipes,
                                             const std::vector<std::string>& rules) {
  std::vector<core::model::Recipe> result;
  for (const auto& text : schemes) {
    if (core::model::namesOtherModel(text) || text.find(core::model::kAddedAdapter) != std::string::npos)
      result.push_back(openRecipe(text));
    else
      result.emplace_back(core::quant::Scheme::parse(text));
  }
  for (const auto& text : recipes) result.push_back(openRecipe(text));
  if (result.empty() && !rules.empty()) result.emplace_back();
  for (auto& recipe : result) addRules(recipe, rules);
  return result;
}

}  // namespace app
