#pragma once
#include <nlohmann/json.hpp>

#include "app/session/evaluation.h"

namespace app {

/// Everything that was measured and what from: an array with a row per compared variant. Every figure has its standard
/// error beside it, "kl_mean" and "kl_mean_error"; null where it is not known.
nlohmann::ordered_json evaluationJson(const Evaluation& evaluation);

}  // namespace app
