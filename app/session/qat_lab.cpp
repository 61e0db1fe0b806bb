#include "app/session/qat_lab.h"

#include <fmt/format.h>

#include "app/session/recipe_file.h"
#include "app/session/train_defaults.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/recipe_plan.h"

namespace app {

using core::model::Recipe;

QatLab::QatLab(OpenModel& model, const QatLabSettings& settings, const core::JobContext& job) : m_model(model) {
  if (model.whyNotRunnable()) throw core::Error(core::ErrorCode::Unsupported, *model.whyNotRunnable());
  m_untrained = openRecipe(settings.scheme);
  if (m_untrained.namesFiles())
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("Training goes through a scheme or a recipe of schemes, and {} takes the weights of "
                                  "another file.",
                                  core::io::inQuotes(settings.scheme)));
  const auto plan = core::model::planRecipe(m_untrained, model.checkpoint());
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    if (!plan.tensors[i].scheme) continue;
    const std::string& name = model.checkpoint().tensors()[i].name;
    m_schemes.emplace(name, *plan.tensors[i].scheme);
    if (m_watched.empty() || name == settings.watched) m_watched = name;
  }
  if (m_schemes.empty())
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("{} quantizes none of the model's matrices, so there is nothing to train.",
                                  core::io::inQuotes(settings.scheme)));
  if (!settings.watched.empty() && m_watched != settings.watched)
    throw core::Error(core::ErrorCode::NotFound,
                      fmt::format("{} is no tensor that {} quantizes.", core::io::inQuotes(settings.watched),
                                  core::io::inQuotes(settings.scheme)));
  const auto stored = model.weights().load(model.config(), {}, job.part(0.0, 0.3));
  const core::train::QatSettings qat{.range = settings.range, .stepRateFactor = rangeRateFactor(settings.range)};
  m_qat = std::make_unique<core::train::QatModel>(model.config(), stored, m_schemes, qat, job.part(0.3, 1.0));
}

Recipe QatLab::now() const {
  Recipe recipe;
  recipe.replacements = m_qat->tensors();
  recipe.title = "trained";
  return recipe;
}

core::model::Graph QatLab::graphOf(const Recipe& recipe, const core::JobContext& job) const {
  return core::model::buildGraph(m_model.config(), m_model.weights().load(m_model.config(), recipe, job));
}

double QatLab::bitsPerWeight() const {
  double bits = 0.0, weights = 0.0;
  for (const auto& [name, tensor] : m_qat->tensors()) {
    if (!m_schemes.contains(name)) continue;
    bits += 8.0 * static_cast<double>(tensor->bytes());
    weights += static_cast<double>(tensor->shape.count());
  }
  return bits / weights;
}

}  // namespace app
