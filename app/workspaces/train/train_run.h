#pragma once
#include <atomic>
#include <chrono>
#include <filesystem>

#include "app/jobs/news_feed.h"
#include "app/session/engine.h"
#include "app/session/train_time.h"

namespace app {

/// What is known of a run that goes on.
struct TrainNews {
  TrainHistory history;
  TrainActivity activity = TrainActivity::Preparing;
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();  ///< it is at that
};
using TrainFeed = NewsFeed<TrainNews>;

const TrainSettings& commonOf(const LabSettings& settings);

enum class RunStart : std::uint8_t {
  Anew,  ///< in place of what the folder holds
  GoOn   ///< with what it holds
};

/// Trains in a folder until the run is finished or `pause` is set. For the inference thread.
/// How fast it went is kept there, too.
/// @param feed gets everything that is known, also of what was before  @param expected for what it does not come to
/// @throws core::Error, core::Cancelled as trainQat, trainQlora
TrainHistory runLab(OpenModel& model, Engine& engine, const LabSettings& settings, const std::filesystem::path& folder,
                    RunStart start, const TrainPace& expected, TrainFeed& feed, const std::atomic<bool>& pause,
                    const core::JobContext& job);

}  // namespace app
