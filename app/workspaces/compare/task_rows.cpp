#include "app/workspaces/compare/task_rows.h"

#include <algorithm>

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

const TaskRow* askedOf(const TaskState& state, const core::model::Recipe& recipe) {
  if (state.answers() == nullptr) return nullptr;
  const auto& rows = state.answers()->evaluation.rows;
  const auto found = std::ranges::find_if(rows, [&](const TaskRow& row) { return row.variant.recipe == recipe; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

std::vector<TaskSchemeRow> taskRows(const TaskState& state) {
  const Selection& selection = state.compare().selection();
  std::vector<TaskSchemeRow> rows;
  if (!selection.model()) return rows;
  TaskSchemeRow reference;
  reference.isReference = true;
  reference.color = Theme::instance().colors().reference;
  reference.mark = SeriesMark::Square;
  if (state.answers() != nullptr) {
    reference.asked = &state.answers()->evaluation.reference;
    reference.recipe = reference.asked->variant.recipe;
  } else if (const auto other = state.compare().referenceRecipe()) {
    reference.recipe = *other;
  }
  reference.title = reference.recipe.keepsEverything() ? tr("as stored") : selection.title(reference.recipe);
  rows.push_back(reference);
  for (const auto& recipe : state.compare().comparedRecipes()) {
    if (recipe == reference.recipe && askedOf(state, recipe) == nullptr) continue;
    const bool isStored = recipe.keepsEverything();
    rows.push_back({recipe, isStored ? tr("as stored, compared") : selection.title(recipe),
                    isStored ? Theme::instance().colors().textMuted : selection.color(recipe), selection.mark(recipe),
                    false, askedOf(state, recipe)});
  }
  return rows;
}

QString taskVerdict(const TaskSchemeRow& row, std::size_t questions) {
  if (row.isReference) return tr("reference");
  if (row.asked == nullptr) return tr("not asked");
  if (!row.asked->failure.empty()) return QString::fromStdString(row.asked->failure);
  if (row.asked->answers.empty()) return tr("waiting");
  const bool isWhole = row.asked->answers.size() == questions;
  const QString word = row.asked->pValue >= core::evaluate::kLeastChance               ? tr("indistinguishable")
                       : row.asked->turnedWrong.size() > row.asked->turnedRight.size() ? tr("worse")
                                                                                       : tr("better");
  return isWhole ? word : tr("so far %1").arg(word);
}

TaskOutcome outcomeOf(const TaskEvaluation& evaluation, const TaskRow& row, std::size_t task) {
  if (task >= row.answers.size() || task >= evaluation.reference.answers.size()) return TaskOutcome::NotAnswered;
  const bool was = evaluation.reference.answers[task].right, is = row.answers[task].right;
  if (was) return is ? TaskOutcome::BothRight : TaskOutcome::TurnedWrong;
  return is ? TaskOutcome::TurnedRight : TaskOutcome::BothWrong;
}

QString outcomeText(TaskOutcome outcome) {
  switch (outcome) {
    case TaskOutcome::TurnedWrong:
      return tr("✗ turned wrong");
    case TaskOutcome::TurnedRight:
      return tr("✓ turned right");
    case TaskOutcome::BothWrong:
      return tr("both wrong");
    case TaskOutcome::BothRight:
      return tr("both right");
    case TaskOutcome::NotAnswered:
      break;
  }
  return tr("not answered yet");
}

QString expectedText(const core::evaluate::Task& task) {
  using core::evaluate::TaskMatch;
  if (task.match == TaskMatch::Choice) return QString::fromStdString(task.choices[task.right]);
  QStringList answers;
  for (const std::string& answer : task.answers) answers << QString::fromStdString(answer);
  const QString all = answers.join(tr(" or "));
  return task.match == TaskMatch::Contains ? tr("contains %1").arg(all)
         : task.match == TaskMatch::Regex  ? tr("matches %1").arg(all)
                                           : all;
}

}  // namespace app
