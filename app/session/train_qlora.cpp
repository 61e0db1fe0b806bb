#include "app/session/train_qlora.h"

#include <fmt/format.h>

#include "app/session/open_files.h"
#include "app/session/other_models.h"
#include "app/session/recipe_file.h"
#include "app/session/train_accuracy.h"
#include "app/session/train_defaults.h"
#include "app/session/train_export.h"
#include "app/session/train_loop.h"
#include "app/session/train_source.h"
#include "core/base/error.h"
#include "core/model/available_memory.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/quant/plain_scheme.h"
#include "core/quant/quantizer.h"
#include "core/train/lora/adapter_writer.h"

namespace app {

using core::JobContext;
using core::model::Recipe;

namespace {

core::model::Graph graphOf(const OpenModel& model, const Recipe& recipe, const JobContext& job) {
  return core::model::buildGraph(model.config(), model.weights().load(model.config(), recipe, job));
}

core::train::TrainerSettings trainerOf(const QloraLabSettings& settings) {
  auto trainer = trainerSettings(settings);
  trainer.optimizer.state = settings.optimizerState;
  trainer.mostKeptBytes = kAdapterKeptBytes;
  return trainer;
}

/// The merged matrices quantized as the base's are.
Recipe requantized(const OpenModel& model, const Recipe& base, const Recipe& merged, const JobContext& job) {
  const auto ofBase = core::model::planRecipe(base, model.checkpoint());
  const auto ofMerged = core::model::planRecipe(merged, model.checkpoint());
  Recipe recipe = base;
  for (std::size_t i = 0; i < ofMerged.tensors.size(); ++i) {
    if (!ofMerged.tensors[i].other || !ofBase.tensors[i].scheme) continue;
    const auto whole = core::model::makeTensor(ofMerged.tensors[i], model.tensor(i), job);
    recipe.replacements[model.checkpoint().tensors()[i].name] =
        core::quant::quantize(*ofBase.tensors[i].scheme, *whole, job);
  }
  return recipe;
}

/// A run goes on later with the base that it began with, and its folder holds no text that a base was made with.
void refuseCalibrated(const OpenModel& model, const Recipe& base) {
  if (core::model::calibrationNeed(core::model::planRecipe(base, model.checkpoint())) ==
      core::quant::CalibrationNeed::None)
    return;
  const auto* const scheme = base.asScheme();
  throw core::Error(core::ErrorCode::Unsupported,
                    fmt::format("{} looks at calibration data, which a training run does not keep: give {}, or train "
                                "over a file that was quantized with it.",
                                base.displayName(),
                                scheme ? "the plain scheme, " + core::quant::plainScheme(*scheme).toString()
                                       : std::string("plain schemes")));
}

double bitsPerWeight(const core::model::Graph& graph, core::train::LoraModel& lora, bool isBf16) {
  double weights = 0.0, factors = 0.0;
  for (const auto& weight : core::train::weightsOf(graph)) weights += static_cast<double>(weight.count());
  for (const auto& parameter : lora.parameters()) factors += static_cast<double>(parameter.values.size());
  return (8.0 * static_cast<double>(graph.weightBytes) + (isBf16 ? 16.0 : 32.0) * factors) / weights;
}

}  // namespace

TrainSummary trainQlora(OpenModel& model, Engine& engine, const QloraLabSettings& settings,
                        const std::filesystem::path& folder, const TrainVisitor& visitor,
                        const std::atomic<bool>& pause, const JobContext& job) {
  const PeakMemory memory;
  const RunFolder files(folder);
  const TrainSource source = sourceOf(model, settings, job.part(0.0, 0.01));
  const Recipe base = openRecipe(settings.base);
  if (base.adapter)
    throw core::Error(core::ErrorCode::Unsupported, "The base of a new adapter has no adapter of its own.");
  refuseCalibrated(model, base);
  TrainStart start;
  start.trainedTokens = source.tokens;
  start.predictedBytes = predictMemory(model, settings).total();
  core::model::requireMemory("This training run", static_cast<double>(start.predictedBytes));
  const core::model::Graph frozen = graphOf(model, base, job.part(0.01, 0.02));
  core::train::LoraModel lora(frozen, settings.adapter);
  TrainLoop loop(
      {model, settings, files, visitor, pause, memory, lora, *source.batches, trainerOf(settings), std::nullopt,
       graphOf(model, {}, job.part(0.02, 0.03)), frozen, start, [&lora](const JobContext&) { return lora.graph(); },
       [&](TrainEvaluation& evaluation, MarkedModel& marked, const JobContext& part) {
         evaluation.facts = TrainMarker::askFacts(marked, model, settings.facts, part);
       }},
      job.part(0.03, 0.04));
  if (loop.history().summary && loop.history().summary->isFinished) return *loop.history().summary;
  TrainSummary summary = loop.run(job.part(0.04, 0.9));
  const auto adapter = files.result(RunFolder::kResults[1], summary.steps);
  core::train::writePeftAdapter(core::train::newAdapter(lora, "facts"), model.checkpoint(), adapter, openFiles());
  summary.bitsPerWeight = bitsPerWeight(frozen, lora, settings.adapter.isBf16);
  summary.recipe = settings.base + "+adapter:" + adapter.string();
  summary.result = adapter.string();
  if (summary.isFinished && settings.isEvaluated) {
    loop.tell(TrainActivity::Merging);
    const TrainMarker marker(model, settings, job.part(0.9, 0.9));
    const Recipe merged = openAdapter(adapter.string(), job.part(0.9, 0.9));
    const auto mark = [&](const Recipe& recipe, const JobContext& part) {
      MarkedModel marked(model, graphOf(model, recipe, part));
      return marker.mark(marked, part);
    };
    summary.merged = mark(merged, job.part(0.9, 0.92));
    summary.requantized = mark(requantized(model, base, merged, job.part(0.92, 0.92)), job.part(0.92, 0.94));
    summary.stored = loop.history().start->stored;
    summary.untrained = loop.history().start->untrained;
    summary.trained = loop.history().evaluations.back().now;
    loop.tell(TrainActivity::Asking);
    addAccuracy(model, engine, settings, {Recipe(), base, openRecipe(summary.recipe)},
                {&*summary.stored, &*summary.untrained, &*summary.trained}, job.part(0.94, 1.0));
  }
  return loop.conclude(std::move(summary));
}

WrittenResult exportAdapter(OpenModel& model, const std::filesystem::path& run, const std::filesystem::path& target,
                            const JobContext& job) {
  const KeptRun kept = readRun(run);
  const auto* const settings = std::get_if<QloraLabSettings>(&kept.settings);
  if (settings == nullptr)
    throw core::Error(core::ErrorCode::InvalidArgument, "The run trains a quantized model, not an adapter.");
  core::train::LoraModel lora(graphOf(model, openRecipe(settings->base), job.part(0.0, 0.5)), settings->adapter);
  const NoBatches nothing;
  core::train::Trainer(lora, nothing, trainerOf(*settings)).restore(RunFolder(run).checkpoint(), job.part(0.5, 0.9));
  lora.prepare(job.part(0.9, 1.0));
  const auto adapter = core::train::newAdapter(lora, "facts");
  const bool isGguf = target.extension() == ".gguf";
  if (isGguf)
    core::train::writeGgufAdapter(adapter, model.checkpoint(), target, openFiles());
  else
    core::train::writePeftAdapter(adapter, model.checkpoint(), target, openFiles());
  return {
      target,
      {isGguf ? "The adapter is a GGUF file, for llama.cpp's --lora." : "The adapter is a folder as PEFT keeps one."}};
}

}  // namespace app
