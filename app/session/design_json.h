#pragma once
#include <nlohmann/json.hpp>

#include "app/session/check_design.h"
#include "app/session/design_recipe.h"

namespace app {

/// A designed recipe, what it was designed on, and how it does beside others on a text that took no part.
nlohmann::ordered_json designJson(const Design& design, const DivergenceStudy& study, const DesignCheck& check);

}  // namespace app
