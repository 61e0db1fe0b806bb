#pragma once
#include "app/cli/command.h"
#include "app/session/evaluate_tasks.h"

namespace app::cli {

/// What one variant made of the tasks: accuracy with its interval, the test against the reference, and the questions
/// that turned with both answers.
Json tasksJson(const TaskEvaluation& evaluation, const TaskRow& row);

/// For people: the questions that turned first, then a line per variant.
void printTasks(const TaskEvaluation& evaluation);

}  // namespace app::cli
