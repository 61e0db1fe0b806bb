#include "app/workspaces/train/train_run.h"

#include "app/session/train_qat.h"
#include "app/session/train_qlora.h"

namespace app {

const TrainSettings& commonOf(const LabSettings& settings) {
  return std::visit([](const auto& lab) -> const TrainSettings& { return lab; }, settings);
}

TrainHistory runLab(OpenModel& model, Engine& engine, const LabSettings& settings, const std::filesystem::path& folder,
                    RunStart start, TrainFeed& feed, const std::atomic<bool>& pause, const core::JobContext& job) {
  TrainHistory known;
  if (start == RunStart::Anew)
    removeRun(folder);
  else
    known = readRun(folder).history;
  known.summary.reset();
  feed.put(known);
  TrainVisitor visitor;
  visitor.started = [&](const TrainStart& begun) {
    known.start = begun;
    feed.put(known);
  };
  visitor.step = [&](const core::train::StepReport& step) {
    known.steps.push_back(step);
    feed.put(known);
  };
  visitor.evaluated = [&](const TrainEvaluation& evaluation) {
    // A run that goes on may look once more at what it had seen last.
    if (!known.evaluations.empty() && known.evaluations.back().step == evaluation.step) known.evaluations.pop_back();
    known.evaluations.push_back(evaluation);
    feed.put(known);
  };
  if (const auto* qat = std::get_if<QatLabSettings>(&settings))
    known.summary = trainQat(model, engine, *qat, folder, visitor, pause, job);
  else
    known.summary = trainQlora(model, engine, std::get<QloraLabSettings>(settings), folder, visitor, pause, job);
  return known;
}

}  // namespace app
