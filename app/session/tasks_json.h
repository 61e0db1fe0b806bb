#pragma once
#include <nlohmann/json.hpp>

#include "app/session/evaluate_tasks.h"

namespace app {

/// What one variant made of the tasks: accuracy with its interval, the test against the reference, and the questions
/// that turned with both answers.
nlohmann::ordered_json tasksJson(const TaskEvaluation& evaluation, const TaskRow& row);

}  // namespace app
