#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

#include "app/session/run_folder.h"
#include "app/session/train_mark.h"
#include "app/session/train_memory.h"
#include "app/session/train_news.h"
#include "core/base/job_context.h"
#include "core/io/folder_lock.h"
#include "core/train/trainer.h"

namespace app {

/// What a lab gives to the loop that both share.
struct TrainTask {
  OpenModel& model;
  LabSettings settings;
  RunFolder folder;
  const TrainVisitor& visitor;
  const std::atomic<bool>& pause;
  const PeakMemory& memory;  ///< made before anything was

  core::train::TrainedModel& trained;
  const core::train::BatchSource& source;
  core::train::TrainerSettings trainer;
  std::optional<core::model::Graph> teacher;
  /// The model as it is stored, as it is before the first step.
  core::model::Graph stored, untrained;
  TrainStart start;  ///< but for the marks
  /// The model as it is now: what would run in a chat. Called after prepare().
  std::function<core::model::Graph(const core::JobContext&)> now;
  /// Adds what only this lab says of a state. @param marked it, ready to be asked
  std::function<void(TrainEvaluation&, MarkedModel& marked, const core::JobContext&)> describe;
};

/// Runs a task to its end or to where it is paused, from where its folder's last checkpoint is, and keeps it there.
class TrainLoop {
 public:
  /// Begins or takes up the run. @throws core::Error (InvalidArgument) where the folder has another one
  TrainLoop(TrainTask task, const core::JobContext& job);

  /// @return without what comes out  @throws as trainQat
  TrainSummary run(const core::JobContext& job);
  /// Says what begins now.
  void tell(TrainActivity activity) const;
  /// Keeps the summary, the run's last word, and returns it.
  TrainSummary conclude(TrainSummary summary);

  const TrainHistory& history() const { return m_history; }

 private:
  void takeUp(const core::JobContext& job);
  void begin(const core::JobContext& job);
  void evaluate(const core::JobContext& job);
  void keep();
  double trainedSeconds() const;
  const TrainSettings& settings() const;

  TrainTask m_task;
  std::optional<core::io::FolderLock> m_lock;  ///< of the run's folder
  std::optional<TrainMarker> m_marker;         ///< where states are evaluated
  core::train::Trainer m_trainer;
  TrainHistory m_history;
  std::chrono::steady_clock::time_point m_ended;  ///< when run() had made the last evaluation
};

}  // namespace app
