#include "app/session/tasks_json.h"

#include <fmt/format.h>

namespace app {

using core::evaluate::Task;
using core::evaluate::TaskMatch;
using Json = nlohmann::ordered_json;

namespace {

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

}  // namespace app
