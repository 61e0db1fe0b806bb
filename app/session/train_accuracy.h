#pragma once
#include <vector>

#include "app/session/engine.h"
#include "app/session/train_news.h"

namespace app {

/// Asks every variant the settings' questions and adds the share that is answered right to its mark.
/// @param marks as many as variants; nothing is done where there are no questions
/// @throws core::Error as openTaskList, evaluateTasks; core::Cancelled
void addAccuracy(OpenModel& model, Engine& engine, const TrainSettings& settings,
                 std::vector<core::model::Recipe> recipes, const std::vector<TrainMark*>& marks,
                 const core::JobContext& job);

}  // namespace app
