#pragma once
#include <QColor>
#include <QString>
#include <vector>

#include "app/widgets/theme.h"
#include "app/workspaces/compare/task_state.h"

namespace app {

/// A scheme that was, or will be, asked the questions; the reference first.
struct TaskSchemeRow {
  core::model::Recipe recipe;
  QString title;
  QColor color;
  SeriesMark mark = SeriesMark::Circle;
  bool isReference = false;
  const TaskRow* asked = nullptr;  ///< of the answers; null: it was not asked
};

/// How a scheme's answer stands to the reference's; in the order of a list that shows what matters first.
enum class TaskOutcome : std::uint8_t { TurnedWrong, TurnedRight, BothWrong, BothRight, NotAnswered };

/// The reference, what was compared without being checked, the checked schemes in the order of the list.
/// Valid until the answers change.
std::vector<TaskSchemeRow> taskRows(const TaskState& state);
/// "worse", "better", "indistinguishable": McNemar's test at 5 %, and what is to be said beside; the sentence of a
/// failure.
QString taskVerdict(const TaskSchemeRow& row, std::size_t questions);
TaskOutcome outcomeOf(const TaskEvaluation& evaluation, const TaskRow& row, std::size_t task);
/// "turned wrong", "both right", …
QString outcomeText(TaskOutcome outcome);
/// What is expected of an answer.
QString expectedText(const core::evaluate::Task& task);

}  // namespace app
