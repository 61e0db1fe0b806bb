#include "app/report/measure_weights.h"

#include <algorithm>
#include <cmath>

#include "app/report/measure_samples.h"
#include "app/selection/tensor_text.h"
#include "app/session/other_models.h"
#include "core/io/packed_weights.h"
#include "core/quant/load_tensor.h"

namespace app::report {

namespace {

QString shortName(const core::io::TensorInfo& tensor) {
  QString name = QString::fromStdString(tensor.name);
  if (name.endsWith(QLatin1String(".weight"))) name.chop(7);
  return name;
}

constexpr double kWeightsShare = 0.5;  ///< of the whole report's progress

/// What another model has otherwise than the open one, beside the matrices: an embedding that is packed there. Norms
/// are no matrices, and what is the same in both says nothing of the other.
bool isNothingElse(const core::model::TensorDecision& decision, const SchemeError& error) {
  if (!decision.other || decision.place.fate != core::model::Fate::Keep) return false;
  return decision.place.role == core::model::TensorRole::Norm || error.stats.outcome() == core::metrics::Outcome::Exact;
}

void measureMatrix(ReportData& data, std::size_t tensor, const core::JobContext& job) {
  const auto& checkpoint = data.model->checkpoint();
  MatrixRow row;
  row.tensor = tensor;
  row.name = shortName(checkpoint.tensors()[tensor]);
  row.stats = core::metrics::summarize(*core::quant::loadTensor(checkpoint, tensor), 1).stats;
  for (const Treatment& treatment : data.treatments) {
    job.throwIfCancelled();
    auto& error = row.errors.emplace_back();
    const auto decision = treatment.decisionOf(tensor);
    if (!decision) continue;
    error = data.model->errors().measure(checkpoint, tensor, *decision, core::JobContext(),
                                         data.model->calibration().current().get());
    if (isNothingElse(*decision, *error)) error.reset();
  }
  const bool isForSchemes = data.model->choices()[tensor].fate == core::model::Fate::Quantize;
  const bool isChanged = std::any_of(row.errors.begin(), row.errors.end(), [](const auto& e) { return e.has_value(); });
  if (isForSchemes || isChanged) data.matrices.push_back(std::move(row));
}

/// What schemes are for, and what a recipe changes beyond that.
void measureMatrices(ReportData& data, const core::JobContext& job) {
  const auto& tensors = data.model->checkpoint().tensors();
  const auto bytes = core::io::weightBytes(data.model->checkpoint());
  const auto& choices = data.model->choices();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const bool isForSchemes = choices[i].fate == core::model::Fate::Quantize;
    const bool isChanged = std::any_of(data.treatments.begin(), data.treatments.end(),
                                       [i](const Treatment& treatment) { return treatment.decisionOf(i).has_value(); });
    if (!isForSchemes && !isChanged) continue;
    job.progress(kWeightsShare * static_cast<double>(i) / static_cast<double>(tensors.size()), tensors[i].name);
    measureMatrix(data, i, job);
    if (!isForSchemes) continue;
    ++data.blockMatrices;
    data.matrixValues += tensors[i].shape.count();
    data.matrixStoredBytes += bytes[i];
  }
}

SchemeSummary summarize(const ReportData& data, std::size_t treatment) {
  SchemeSummary summary;
  summary.recipe = data.treatments[treatment].recipe;
  const auto bytes = core::io::weightBytes(data.model->checkpoint());
  std::uint64_t values = 0;
  std::size_t withError = 0;
  double decibels = 0, relative = 0;
  for (std::size_t i = 0; i < data.matrices.size(); ++i) {
    if (!data.matrices[i].errors[treatment]) continue;
    const SchemeError& error = *data.matrices[i].errors[treatment];
    if (!error.refused.empty()) {
      ++summary.refused;
      continue;
    }
    const auto& tensor = data.model->checkpoint().tensors()[data.matrices[i].tensor];
    ++summary.matrices;
    summary.bytes += error.bytes;
    summary.storedBytes += bytes[data.matrices[i].tensor];
    values += tensor.shape.count();
    if (error.stats.outcome() == core::metrics::Outcome::Nothing) {
      ++summary.unmeasured;
      continue;
    }
    if (error.stats.outcome() == core::metrics::Outcome::Infinite) ++summary.overflowing;
    relative += error.stats.relativeError();
    const double sqnr = error.stats.sqnrDb();
    if (std::isinf(sqnr) && sqnr > 0) continue;  // no error
    decibels += sqnr;
    if (withError++ == 0 || sqnr < summary.lowestSqnrDb) {
      summary.lowestSqnrDb = sqnr;
      summary.lowest = i;
    }
  }
  if (values != 0) summary.bitsPerWeight = 8.0 * static_cast<double>(summary.bytes) / static_cast<double>(values);
  if (const std::size_t measured = summary.matrices - summary.unmeasured; measured != 0)
    summary.meanRelativeError = relative / static_cast<double>(measured);
  if (withError != 0) summary.meanSqnrDb = decibels / static_cast<double>(withError);
  return summary;
}

}  // namespace

void measureWeights(ReportData& data, const core::JobContext& job) {
  const auto& checkpoint = data.model->checkpoint();
  const auto recipes = data.request.recipes.empty() ? usualRecipes() : data.request.recipes;
  for (const auto& recipe : recipes) requireComparable(*data.model, recipe);
  data.treatments = planTreatments(recipes, checkpoint);
  measureMatrices(data, job);
  const auto sizes = sizesUnder(checkpoint, recipes, job);
  for (std::size_t i = 0; i < data.treatments.size(); ++i) {
    data.summaries.push_back(summarize(data, i));
    data.summaries.back().model = sizes[i];
  }
  measureSamples(data, job);
}

}  // namespace app::report
