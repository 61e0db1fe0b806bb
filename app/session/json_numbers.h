#pragma once
#include <string>

#include <nlohmann/json.hpp>

#include "core/evaluate/estimate.h"

namespace app {

/// A number for JSON: null where it is not finite.
nlohmann::ordered_json jsonNumber(double value);
/// An estimate under NAME and its standard error under NAME_error; null where they are not known.
void addEstimate(nlohmann::ordered_json& row, const std::string& name, const core::evaluate::Estimate& estimate);

}  // namespace app
