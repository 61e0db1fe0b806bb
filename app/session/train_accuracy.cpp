#include "app/session/train_accuracy.h"

#include <cmath>

#include "app/session/cache_folder.h"
#include "app/session/evaluate_tasks.h"
#include "core/base/error.h"

namespace app {

namespace {

core::evaluate::Estimate shareOf(const TaskRow& row) {
  if (!row.failure.empty()) throw core::Error(core::ErrorCode::Unsupported, row.failure);
  const auto count = static_cast<double>(row.answers.size());
  const double share = row.accuracy.value;
  return {share, std::sqrt(share * (1.0 - share) / count)};
}

}  // namespace

void addAccuracy(OpenModel& model, Engine& engine, const TrainSettings& settings,
                 std::vector<core::model::Recipe> recipes, const std::vector<TrainMark*>& marks,
                 const core::JobContext& job) {
  if (settings.tasks.empty() || recipes.empty()) return;
  const DeviceChoice cpu{DeviceChoice::Kind::Cpu};
  TaskRequest request{Variant{std::move(recipes.front()), cpu}, {}, openTaskList(settings.tasks), userCacheFolder()};
  for (std::size_t i = 1; i < recipes.size(); ++i) request.compared.push_back({std::move(recipes[i]), cpu});
  const TaskEvaluation answers = evaluateTasks(model, engine, request, {}, job);
  marks.front()->accuracy = shareOf(answers.reference);
  for (std::size_t i = 1; i < marks.size(); ++i) marks[i]->accuracy = shareOf(answers.rows[i - 1]);
}

}  // namespace app
