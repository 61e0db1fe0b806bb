#include "app/workspaces/train/train_run.h"

#include "app/session/train_qat.h"
#include "app/session/train_qlora.h"
#include "core/base/error.h"

namespace app {

namespace {

// Only an estimate hangs on it: a run goes on without.
void keepPaceOf(const TrainSettings& settings, const TrainHistory& history, const TrainPace& expected,
                const std::filesystem::path& folder) {
  try {
    if (const auto pace = paceOf(settings, history, expected)) keepPace(folder, *pace);
  } catch (const core::Error&) {
  }
}

}  // namespace

const TrainSettings& commonOf(const LabSettings& settings) {
  return std::visit([](const auto& lab) -> const TrainSettings& { return lab; }, settings);
}

TrainHistory runLab(OpenModel& model, Engine& engine, const LabSettings& settings, const std::filesystem::path& folder,
                    RunStart start, const TrainPace& expected, TrainFeed& feed, const std::atomic<bool>& pause,
                    const core::JobContext& job) {
  TrainNews news;
  TrainHistory& known = news.history;
  if (start == RunStart::Anew)
    removeRun(folder);
  else
    known = readRun(folder).history;
  known.summary.reset();
  feed.put(news);
  TrainVisitor visitor;
  visitor.begins = [&](TrainActivity activity) {
    news.activity = activity;
    news.since = std::chrono::steady_clock::now();
    feed.put(news);
  };
  visitor.started = [&](const TrainStart& begun) {
    known.start = begun;
    feed.put(news);
  };
  visitor.step = [&](const core::train::StepReport& step) {
    known.steps.push_back(step);
    feed.put(news);
  };
  visitor.evaluated = [&](const TrainEvaluation& evaluation) {
    // A run that goes on may look once more at what it had seen last.
    if (!known.evaluations.empty() && known.evaluations.back().step == evaluation.step) known.evaluations.pop_back();
    known.evaluations.push_back(evaluation);
    feed.put(news);
    keepPaceOf(commonOf(settings), known, expected, folder);
  };
  if (const auto* qat = std::get_if<QatLabSettings>(&settings))
    known.summary = trainQat(model, engine, *qat, folder, visitor, pause, job);
  else
    known.summary = trainQlora(model, engine, std::get<QloraLabSettings>(settings), folder, visitor, pause, job);
  keepPaceOf(commonOf(settings), known, expected, folder);
  return known;
}

}  // namespace app
