#pragma once
#include <atomic>
#include <filesystem>

#include "app/jobs/news_feed.h"
#include "app/session/engine.h"
#include "app/session/train_run.h"

namespace app {

using TrainFeed = NewsFeed<TrainHistory>;

const TrainSettings& commonOf(const LabSettings& settings);

enum class RunStart : std::uint8_t {
  Anew,  ///< in place of what the folder holds
  GoOn   ///< with what it holds
};

/// Trains in a folder until the run is finished or `pause` is set. For the inference thread.
/// @param feed gets everything that is known, also of what was before
/// @throws core::Error, core::Cancelled as trainQat, trainQlora
TrainHistory runLab(OpenModel& model, Engine& engine, const LabSettings& settings, const std::filesystem::path& folder,
                    RunStart start, TrainFeed& feed, const std::atomic<bool>& pause, const core::JobContext& job);

}  // namespace app
