#include "app/session/merge_model.h"

#include "app/session/merge_adapter.h"
#include "app/session/other_models.h"
#include "core/metrics/error_stats.h"
#include "core/model/recipe/recipe_plan.h"

namespace app {

using core::JobContext;
using core::model::Recipe;

namespace {

constexpr double kWritten = 0.3, kCompared = 0.5;  // shares of the work

/// Values as they run against values as they were stored.
std::vector<MergedTensor> compareTensors(const OpenModel& model, const Recipe& runs, const Recipe& file,
                                         const std::vector<QuantizedFileRow>& rows, const JobContext& job) {
  const auto& checkpoint = model.checkpoint();
  const auto calibration = model.calibration().current();
  const auto running = core::model::planRecipe(runs, checkpoint), stored = core::model::planRecipe(file, checkpoint);
  std::vector<MergedTensor> tensors;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].isKept() || !stored.tensors[i].other) continue;
    const auto index = static_cast<double>(i), count = static_cast<double>(rows.size());
    const JobContext part = job.part(index / count, (index + 1) / count);
    part.progress(0.0, "Comparing " + rows[i].tensor);
    const auto source = model.tensor(i);
    const auto stats = core::metrics::compare(
        *core::model::makeTensor(running.tensors[i], source, part.part(0.0, 0.4), calibration.get()),
        *core::model::makeTensor(stored.tensors[i], source, part.part(0.4, 0.8)), part.part(0.8, 1.0));
    const bool isAdapted = &running.tensors[i].running() != &running.tensors[i];
    tensors.push_back({rows[i].tensor, rows[i].to, isAdapted, stats.relativeError(), stats.sqnrDb()});
  }
  return tensors;
}

}  // namespace

MergeReport mergeModel(OpenModel& model, Engine& engine, const MergeRequest& request, const JobContext& job) {
  requireComparable(model, request.runs);
  const auto calibration = model.calibration().current();
  MergeReport report;
  report.written = writeMerged(model.checkpoint(), request.runs, request.stored, request.target,
                               job.part(0.0, kWritten), {calibration.get(), {}});
  report.path = request.target.layout ? request.target.file : report.written.files.front();
  Recipe file = openOther(report.path.string(), job.part(kWritten, kWritten));
  report.tensors = compareTensors(model, request.runs, file, report.written.rows, job.part(kWritten, kCompared));
  if (!request.text || model.whyCannotComplete()) return report;
  EvaluationRequest evaluation;
  evaluation.reference = {request.runs, request.device};
  evaluation.text = *request.text;
  evaluation.reading = request.reading;
  evaluation.noise = request.noise;
  const bool isPlain = request.stored.keepsEverything();
  if (!isPlain) {
    Recipe sums = mergedAdapter(model, request.runs, std::nullopt, job.part(kCompared, kCompared));
    sums.title = "merged";
    evaluation.compared.push_back({std::move(sums), request.device});
  }
  file.title = isPlain ? "merged" : "merged, " + request.stored.displayName();
  evaluation.compared.push_back({std::move(file), request.device});
  report.evaluation = evaluateModel(model, engine, evaluation, {}, job.part(kCompared, 1.0));
  return report;
}

}  // namespace app
