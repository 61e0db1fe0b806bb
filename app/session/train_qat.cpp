#include "app/session/train_qat.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/qat_lab.h"
#include "app/session/train_accuracy.h"
#include "app/session/train_conclude.h"
#include "app/session/train_loop.h"
#include "app/session/train_source.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/available_memory.h"
#include "core/train/qat/level_histogram.h"

namespace app {

using core::JobContext;

namespace {

/// Nothing for formats whose levels differ from group to group.
std::optional<LevelHistogram> levelsOf(QatLab& lab) {
  const auto tensors = lab.model().tensors();
  const auto found = core::train::levelHistogram(*tensors.at(lab.watched()), lab.model().latent(lab.watched()));
  if (found.edges.size() < 2 || found.levels.empty()) return std::nullopt;
  LevelHistogram levels{lab.watched(), found.edges.front(), found.edges.back(), {}, found.levels, found.meanDistance};
  for (const std::uint64_t count : found.counts)
    levels.counts.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX)));
  return levels;
}

core::train::TrainerSettings trainerOf(const QatLabSettings& settings) {
  auto trainer = trainerSettings(settings);
  trainer.distillation = settings.distillation;
  return trainer;
}

}  // namespace

TrainSummary trainQat(OpenModel& model, Engine& engine, const QatLabSettings& settings,
                      const std::filesystem::path& folder, const TrainVisitor& visitor, const std::atomic<bool>& pause,
                      const JobContext& job) {
  const PeakMemory memory;
  const RunFolder files(folder);
  const TrainSource source = sourceOf(model, settings, job.part(0.0, 0.01));
  TrainStart start;
  start.trainedTokens = source.tokens;
  start.predictedBytes = predictMemory(model, settings).total();
  core::model::requireMemory("This training run", static_cast<double>(start.predictedBytes));
  QatLab lab(model, settings, job.part(0.01, 0.02));
  core::model::Graph stored = lab.graphOf({}, job.part(0.02, 0.02));
  auto teacher = settings.distillation > 0.0 ? std::optional(stored) : std::nullopt;
  TrainLoop loop(
      {model, settings, files, visitor, pause, memory, lab.model(), *source.batches, trainerOf(settings),
       std::move(teacher), std::move(stored), lab.graphOf(lab.untrained(), job.part(0.02, 0.03)), start,
       [&lab](const JobContext& part) { return lab.graphOf(lab.now(), part); },
       [&lab](TrainEvaluation& evaluation, MarkedModel&, const JobContext&) { evaluation.levels = levelsOf(lab); }},
      job.part(0.03, 0.04));
  if (loop.history().summary && loop.history().summary->isFinished) return *loop.history().summary;
  TrainSummary summary = loop.run(job.part(0.04, 0.94));
  lab.model().prepare(job.part(0.94, 0.94));
  const core::model::Recipe trained = lab.now();
  summary.bitsPerWeight = lab.bitsPerWeight();
  const auto written =
      writeTrained(model, trained, files.result(RunFolder::kResults[0], summary.steps), job.part(0.94, 0.96));
  addResult(summary, written);
  if (summary.isFinished && settings.isEvaluated) {
    summary.stored = loop.history().start->stored;
    summary.untrained = loop.history().start->untrained;
    summary.trained = loop.history().evaluations.back().now;
    loop.tell(TrainActivity::Asking);
    addAccuracy(model, engine, settings, {core::model::Recipe(), lab.untrained(), trained},
                {&*summary.stored, &*summary.untrained, &*summary.trained}, job.part(0.96, 1.0));
  }
  return loop.conclude(std::move(summary));
}

core::model::Recipe trainedRecipe(OpenModel& model, const std::filesystem::path& folder, const JobContext& job) {
  const KeptRun run = readRun(folder);
  const auto* const settings = std::get_if<QatLabSettings>(&run.settings);
  if (settings == nullptr)
    throw core::Error(
        core::ErrorCode::InvalidArgument,
        fmt::format("The run in {} trains an adapter, not a quantized model.", core::io::inQuotes(folder.string())));
  QatLab lab(model, *settings, job.part(0.0, 0.4));
  const NoBatches nothing;
  auto trainer = trainerOf(*settings);
  trainer.distillation = 0.0;  // no step is made, so no teacher is asked
  core::train::Trainer(lab.model(), nothing, trainer).restore(RunFolder(folder).checkpoint(), job.part(0.4, 0.6));
  lab.model().prepare(job.part(0.6, 1.0));
  return lab.now();
}

}  // namespace app
