#pragma once
#include "app/session/evaluate_tasks.h"

namespace app::cli {

/// For people: the questions that turned first, then a line per variant.
void printTasks(const TaskEvaluation& evaluation);

}  // namespace app::cli
