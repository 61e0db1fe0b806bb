#include "app/cli/task_text.h"

#include <fmt/core.h>

#include "core/io/text_checks.h"

namespace app::cli {

namespace {

using core::evaluate::Task;
using core::evaluate::TaskMatch;

constexpr std::size_t kMostShown = 20;

Json expectedJson(const Task& task) {
  return task.match == TaskMatch::Choice ? Json(task.choices[task.right]) : Json(task.answers);
}

Json turnedJson(const TaskEvaluation& evaluation, const TaskRow& row, const std::vector<std::size_t>& tasks) {
  Json list = Json::array();
  for (const std::size_t i : tasks) {
    const Task& task = evaluation.tasks.tasks[i];
    list.push_back({{"task", i},
                    {"skill", task.skill},
                    {"question", task.question()},
                    {"match", nameOf(task.match)},
                    {"expected", expectedJson(task)},
                    {"reference_answer", evaluation.reference.answers[i].text},
                    {"answer", row.answers[i].text}});
  }
  return list;
}

std::string shown(const std::string& answer) {
  constexpr std::size_t kMost = 90;
  const std::string text = core::io::printable(answer);
  return text.size() <= kMost ? text : core::io::escapeInvalidUtf8(text.substr(0, kMost)) + "…";
}

void printFlipped(const TaskEvaluation& evaluation) {
  const auto flipped = evaluation.flipped();
  for (std::size_t n = 0; n < std::min(flipped.size(), kMostShown); ++n) {
    const std::size_t i = flipped[n];
    const auto& reference = evaluation.reference.answers[i];
    fmt::print("{}\n  {} {}: {}\n", shown(evaluation.tasks.tasks[i].question()), reference.right ? "+" : "-",
               core::io::printable(evaluation.reference.name), shown(reference.text));
    for (const TaskRow& row : evaluation.rows)
      if (row.failure.empty() && row.answers[i].right != reference.right)
        fmt::print("  {} {}: {}\n", row.answers[i].right ? "+" : "-", core::io::printable(row.name),
                   shown(row.answers[i].text));
  }
  if (flipped.size() > kMostShown)
    fmt::print("and {} more questions that turned; --json lists all\n", flipped.size() - kMostShown);
}

void printRow(const TaskRow& row, const std::string& note) {
  fmt::print("{}: {:.1f} % right ({:.1f} to {:.1f} %){}\n", core::io::printable(row.name), 100 * row.accuracy.value,
             100 * row.accuracy.low, 100 * row.accuracy.high, note);
}

}  // namespace

Json tasksJson(const TaskEvaluation& evaluation, const TaskRow& row) {
  Json json = {{"tasks", evaluation.tasks.title},
               {"tasks_hash", fmt::format("{:016x}", evaluation.tasks.hash)},
               {"questions", evaluation.tasks.tasks.size()}};
  if (!row.failure.empty()) {
    json["failure"] = row.failure;
    return json;
  }
  const auto& reference = evaluation.reference.accuracy;
  json["reference_accuracy"] = reference.value;
  json["reference_accuracy_interval"] = {reference.low, reference.high};
  json["accuracy"] = row.accuracy.value;
  json["accuracy_interval"] = {row.accuracy.low, row.accuracy.high};
  json["accuracy_per_byte"] = row.accuracyPerByte;
  json["p_value"] = row.pValue;
  json["turned_wrong"] = turnedJson(evaluation, row, row.turnedWrong);
  json["turned_right"] = turnedJson(evaluation, row, row.turnedRight);
  std::size_t unanswered = 0, cut = 0;
  for (const TaskAnswer& answer : row.answers)
    unanswered += answer.failure.empty() ? 0 : 1, cut += answer.isCut ? 1 : 0;
  json["unanswered"] = unanswered;
  json["cut"] = cut;
  return json;
}

void printTasks(const TaskEvaluation& evaluation) {
  fmt::print("{}: {} questions\n\n", core::io::printable(evaluation.tasks.title), evaluation.tasks.tasks.size());
  printFlipped(evaluation);
  if (!evaluation.flipped().empty()) fmt::print("\n");
  printRow(evaluation.reference, " (reference)");
  for (const TaskRow& row : evaluation.rows) {
    if (!row.failure.empty()) {
      fmt::print("{}: {}\n", core::io::printable(row.name), core::io::printable(row.failure));
      continue;
    }
    printRow(row, fmt::format(", {} turned wrong, {} right, p = {:.2g}", row.turnedWrong.size(), row.turnedRight.size(),
                              row.pValue));
  }
}

}  // namespace app::cli
