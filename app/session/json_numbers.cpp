#include "app/session/json_numbers.h"

#include <cmath>

namespace app {

nlohmann::ordered_json jsonNumber(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

void addEstimate(nlohmann::ordered_json& row, const std::string& name, const core::evaluate::Estimate& estimate) {
  row[name] = jsonNumber(estimate.value);
  row[name + "_error"] = jsonNumber(estimate.error);
}

}  // namespace app
