#pragma once
#include <nlohmann/json.hpp>

#include "app/session/measure_sensitivity.h"

namespace app {

/// The list of measurements; what is said of all of them stands in the first.
/// @pre at least one row
nlohmann::ordered_json sensitivityJson(const SensitivityReport& report);

}  // namespace app
