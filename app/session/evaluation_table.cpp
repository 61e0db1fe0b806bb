#include "app/session/evaluation_table.h"

#include <fmt/format.h>

#include <cmath>

#include "app/session/recipe_size.h"

namespace app {

namespace evaluate = core::evaluate;

namespace {

double perSecond(const evaluate::ComparisonStatistics& statistics, double evaluate::BlockStatistics::*seconds) {
  double all = 0;
  std::uint64_t tokens = 0;
  for (const auto& block : statistics.blocks()) all += block.*seconds, tokens += block.tokensRead;
  return all > 0 ? static_cast<double>(tokens) / all : 0.0;
}

EvaluationRow rowOf(const OpenModel& model, const Contestant& contestant, evaluate::QuantileErrors errors) {
  const Variant& variant = contestant.reader->variant();
  EvaluationRow row;
  row.variant = variant;
  row.text = variant.toString();
  row.name = variant.displayName();
  row.device = contestant.kept.device();
  row.failure = contestant.failure;
  if (!row.failure.empty()) return row;
  const RecipeSize size = sizeUnder(model.checkpoint(), variant.recipe);
  row.bytes = size.bytes;
  row.bitsPerWeight = size.bitsPerWeight;
  row.statistics = contestant.statistics.summary(errors);
  row.worst = contestant.statistics.worst();
  row.tokensPerSecond = perSecond(contestant.statistics, &evaluate::BlockStatistics::seconds);
  return row;
}

/// What was computed from what.
Evaluation originOf(const OpenModel& model, const EvaluationProgress& progress) {
  const EvaluationRequest& request = progress.request;
  Evaluation result;
  result.modelHash = progress.modelHash;
  result.textTitle = request.text.title;
  result.textHash = fmt::format("{:016x}", progress.reading->hash);
  result.settings = request.reading;
  result.context = progress.reading->context;
  result.batchTokens = request.batchTokens;
  result.tokens = progress.reading->tokens, result.scored = progress.reading->scored;
  result.leftOut = progress.reading->leftOut;
  if (const auto calibration = model.calibration().state()) result.calibration = calibration->text;
  result.reading = progress.reading;
  result.referenceVariant = request.reference;
  result.reference = request.reference.toString();
  result.referenceName = request.reference.displayName();
  result.referenceBytes = sizeUnder(model.checkpoint(), request.reference.recipe).bytes;
  result.blocks = progress.reading->blocks, result.blocksDone = progress.blocksDone;
  return result;
}

}  // namespace

Evaluation tabulate(const OpenModel& model, const EvaluationProgress& progress, evaluate::QuantileErrors errors) {
  Evaluation result = originOf(model, progress);
  std::vector<const evaluate::ComparisonStatistics*> statistics;
  for (const Contestant& contestant : progress.contestants) {
    const bool runs = contestant.failure.empty();
    if (runs && std::isnan(result.referencePerplexity.value)) {  // the same beside each
      result.referencePerplexity = contestant.statistics.summary(evaluate::QuantileErrors::Leave).perplexityReference;
      result.referenceTokensPerSecond =
          perSecond(contestant.statistics, &evaluate::BlockStatistics::secondsOfReference);
      result.referenceDevice = contestant.kept.referenceDevice();
    }
    if (!contestant.reader) continue;
    if (contestant.noise.empty()) {
      result.rows.push_back(rowOf(model, contestant, errors));
      statistics.push_back(&contestant.statistics);
    } else if (runs) {
      result.noise.runs.push_back({contestant.noise, contestant.kept.device(), contestant.statistics.summary(errors)});
    }
  }
  judgeRows(result, statistics);
  return result;
}

}  // namespace app
