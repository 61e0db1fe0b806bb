#include "app/cli/recipe_options.h"

#include "app/cli/arguments.h"
#include "app/session/cache_folder.h"
#include "app/session/open_files.h"
#include "app/session/recipe_file.h"
#include "app/session/treatment.h"
#include "core/base/error.h"
#include "core/model/recipe/other_model.h"
#include "core/model/recipe/recipe_plan.h"

namespace app::cli {

core::model::Recipe RecipeOptions::parse() const { return isGiven() ? parseAll().front() : core::model::Recipe(); }

std::vector<core::model::Recipe> RecipeOptions::parseAll() const {
  auto all = isGiven() ? openRecipes(schemes, recipes, rules) : usualRecipes();
  for (const std::string& recipe : recipes) rememberRead(recipe, "the recipe");  // a name that is no file says nothing
  if (imatrix.empty()) return all;
  const auto source = sourceOf(*importance());
  for (auto& recipe : all)
    if (recipe.otherModel() == nullptr) recipe.importance = source;
  return all;
}

std::shared_ptr<core::calibrate::MatrixCalibration> RecipeOptions::importance() const {
  if (!m_importance) m_importance = openImportance(imatrix);
  return m_importance;
}

void RecipeOptions::calibrate(const OpenModel& model, const core::JobContext& job) const {
  if (!imatrix.empty()) {
    requireOwn(model, *importance());
    return model.calibration().set({importance()->title(), 0, {}}, importance());
  }
  if (calibration.empty()) return requireCalibration(model);
  const auto text = openText(calibration);
  const auto made = calibrationOf(model, text, reading, userCacheFolder(), job);
  model.calibration().set({text.title, made->tokens(), {}}, made);
}

// Of several, one that cannot be made says so beside the others.
void RecipeOptions::requireCalibration(const OpenModel& model) const {
  if (schemes.size() + recipes.size() != 1 || model.calibration().current() != nullptr) return;
  const std::string& text = schemes.empty() ? recipes.front() : schemes.front();
  const auto recipe = core::model::namesOtherModel(text) ? std::nullopt : core::model::recipeByName(text);
  if (!recipe || recipe->namesFiles()) return;
  const auto need = core::model::calibrationNeed(core::model::planRecipe(*recipe, model.checkpoint()));
  if (need == core::quant::CalibrationNeed::None) return;
  throw core::Error(core::ErrorCode::InvalidArgument,
                    recipe->displayName() + (need == core::quant::CalibrationNeed::Importance
                                                 ? " needs an importance matrix: --imatrix names one, or --calibration "
                                                   "a text to make it of."
                                                 : " needs a calibration text: --calibration names one."));
}

void RecipeOptions::checkCalibration(const OpenModel& model) const {
  if (!calibration.empty()) windowsOf(model, openText(calibration), reading);
  if (imatrix.empty()) return;
  requireOwn(model, *importance());
  const auto plan = core::model::planRecipe(parse(), model.checkpoint());
  const auto tensors = model.checkpoint().tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (const auto& scheme = plan.tensors[i].scheme)
      importance()->of(tensors[i].name, core::quant::calibrationNeed(*scheme), core::JobContext());
}

void addReading(CLI::App& command, core::calibrate::CalibrationSettings& reading, const std::string& prefix) {
  command.add_option("--" + prefix + "tokens", reading.tokens, "How much of the text is read")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 24))
      ->type_name("N");
  command.add_option("--" + prefix + "context", reading.context, "Tokens that are read at a time (0: at most 512)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24))
      ->type_name("N");
  command.add_option("--" + prefix + "seed", reading.seed, "Read windows drawn from all of the text")
      ->check(CLI::Validator(whyNoSeed, ""))
      ->type_name("N");
}

void addRecipe(CLI::App& command, RecipeOptions& options, const std::string& scheme, Takes takes) {
  std::string recipe =
      "A file type such as Q4_K_M, a file of lines PATTERN = SCHEME, model:PATH for another model, or "
      "adapter:PATH or adapter:PATH:50% for the model with a LoRA adapter";
  if (takes == Takes::Any) recipe += " (repeatable)";
  auto* const first = command.add_option("--scheme", options.schemes, scheme);
  auto* const second = command.add_option("--recipe", options.recipes, recipe);
  if (takes == Takes::One) {
    first->expected(1);
    second->expected(1)->excludes(first);
  }
  command.add_option("--tensor-type", options.rules,
                     "PATTERN=SCHEME for the tensors whose names the regular expression matches (repeatable)");
  addCalibration(command, options);
}

void addCalibration(CLI::App& command, RecipeOptions& options) {
  auto* const text = command
                         .add_option("--calibration", options.calibration,
                                     "A text that schemes look at: a file (plain, or .jsonl of chats), demo or prose")
                         ->check(CLI::Validator(whyEmpty, ""));
  addReading(command, options.reading, "calibration-");
  command
      .add_option("--imatrix", options.imatrix,
                  "An importance matrix (.gguf or .dat of llama.cpp): what can use it is made with it")
      ->check(CLI::Validator(whyEmpty, ""))
      ->excludes(text);
}

}  // namespace app::cli
