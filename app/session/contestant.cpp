#include "app/session/contestant.h"

#include "core/model/recipe/recipe_plan.h"

namespace app {

core::evaluate::LogitStream& VariantReader::stream(const core::JobContext& job) {
  if (!m_stream) {
    m_executor = m_engine.createExecutor(m_model, m_variant, job);
    m_stream = std::make_unique<core::evaluate::LogitStream>(*m_executor, m_options);
  }
  return *m_stream;
}

std::optional<std::string> identityOf(const OpenModel& model, const Variant& variant) {
  const core::model::Recipe& recipe = variant.recipe;
  if (!recipe.replacements.empty()) return std::nullopt;
  std::string identity = variant.toString();
  if (Engine::kindOf(variant.device) == DeviceChoice::Kind::Cpu)
    identity += "\ndevice cpu";
  else
    for (const std::string& device : Engine::vulkanDevices()) identity += "\ndevice " + device;
  if (const auto* const other = recipe.otherModel()) identity += "\nmodel " + other->identity();
  if (recipe.adapter) identity += "\nadapter " + recipe.adapter->identity();
  if (recipe.importance) identity += "\nimportance " + recipe.importance->identity;
  const auto calibration = model.calibration().current();
  const auto plan = core::model::planRecipe(recipe, model.checkpoint());
  if (calibration && core::model::calibrationNeed(plan) != core::quant::CalibrationNeed::None)
    identity += "\ncalibration " + calibration->identity();
  return identity;
}

}  // namespace app
