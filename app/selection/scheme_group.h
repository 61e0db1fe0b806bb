#pragma once
#include <QString>

#include "core/model/recipe/recipe.h"

namespace app {

/// Under which heading a scheme or recipe stands in lists, in their order.
enum class SchemeGroup : std::uint8_t {
  Models,
  Own,
  Floats,
  Uniform,
  NonUniform,
  BitsAndBytes,
  Gguf,
  Microscaling,
  Calibrated,
  Activations,
  Recipes
};
inline constexpr int kSchemeGroups = static_cast<int>(SchemeGroup::Recipes) + 1;

/// By what it does to activations, by its need of a calibration, else by its format's family; what is more than one
/// scheme is a recipe.
SchemeGroup groupOf(const core::model::Recipe& recipe);
QString titleOf(SchemeGroup group);

}  // namespace app
