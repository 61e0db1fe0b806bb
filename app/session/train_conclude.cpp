#include "app/session/train_conclude.h"

#include "app/session/run_folder.h"
#include "app/session/train_qat.h"

namespace app {

void addResult(TrainSummary& summary, const WrittenResult& written) {
  summary.recipe = "model:" + written.path.string();
  summary.result = written.path.string();
  summary.notes = written.notes;
  summary.storedAs = written.storedAs;
  summary.storedBitsPerWeight = written.bitsPerWeight;
}

KeptRun concludeRun(OpenModel& model, const std::filesystem::path& folder, const core::JobContext& job) {
  KeptRun run = readRun(folder);
  const std::uint64_t steps = run.stepsDone();
  const auto& known = run.history.summary;
  if (steps == 0 || (known && known->steps == steps)) return run;
  const RunFolder files(folder);
  TrainSummary summary;
  summary.steps = steps;
  for (const auto& step : run.history.steps) summary.seconds += step.seconds, summary.tokens += step.tokens;
  if (const auto* const qlora = std::get_if<QloraLabSettings>(&run.settings)) {
    const auto adapter = files.result(RunFolder::kResults[1], steps);
    exportAdapter(model, folder, adapter, job);
    summary.recipe = qlora->base + "+adapter:" + adapter.string();
    summary.result = adapter.string();
  } else {
    const auto target = files.result(RunFolder::kResults[0], steps);
    addResult(summary, exportTrained(model, folder, target, job));
  }
  run.history.summary = std::move(summary);
  files.keep(run.history);
  return run;
}

}  // namespace app
