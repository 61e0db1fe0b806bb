#include "app/report/record_json.h"

#include "app/report/page_sections.h"
#include "app/report/record.h"
#include "app/session/evaluation_json.h"
#include "app/session/json_numbers.h"
#include "app/session/memory_plan_json.h"
#include "app/session/sensitivity_json.h"
#include "app/session/tasks_json.h"
#include "app/session/trace_json.h"

namespace app::report {

namespace {

using Json = nlohmann::ordered_json;

Json numberOrNull(const std::optional<double>& value) { return value ? jsonNumber(*value) : Json(nullptr); }

Json modelJson(const ReportData& data) {
  const auto& checkpoint = data.model->checkpoint();
  Json files = Json::array();
  for (const FileFacts& file : data.files)
    files.push_back({{"name", file.name.toStdString()},
                     {"bytes", file.bytes},
                     {"sha256", file.sha256.isEmpty() ? Json(nullptr) : Json(file.sha256.toStdString())}});
  return {{"source", data.request.model.toStdString()},
          {"name", checkpoint.name()},
          {"architecture", checkpoint.architecture()},
          {"parameters", checkpoint.parameters()},
          {"hash", data.modelHash.isEmpty() ? Json(nullptr) : Json(data.modelHash.toStdString())},
          {"files", std::move(files)}};
}

Json weightsJson(const ReportData& data) {
  Json rows = Json::array();
  for (const SchemeSummary& of : data.summaries)
    rows.push_back({{"scheme", of.recipe.toString()},
                    {"name", of.recipe.displayName()},
                    {"model_bytes", of.model.bytes},
                    {"model_bits_per_weight", jsonNumber(of.model.bitsPerWeight)},
                    {"matrices", of.matrices},
                    {"refused", of.refused},
                    {"unmeasured", of.unmeasured},
                    {"overflowing", of.overflowing},
                    {"bytes", of.bytes},
                    {"stored_bytes", of.storedBytes},
                    {"bits_per_weight", jsonNumber(of.bitsPerWeight)},
                    {"mean_sqnr_db", numberOrNull(of.meanSqnrDb)},
                    {"mean_relative_error", jsonNumber(of.meanRelativeError)},
                    {"lowest_sqnr_db", of.meanSqnrDb ? jsonNumber(of.lowestSqnrDb) : Json(nullptr)},
                    {"lowest", of.meanSqnrDb ? Json(data.matrices[of.lowest].name.toStdString()) : Json(nullptr)}});
  return rows;
}

Json matricesJson(const ReportData& data) {
  Json rows = Json::array();
  for (const MatrixRow& matrix : data.matrices) {
    Json errors = Json::array();
    for (std::size_t i = 0; i < matrix.errors.size(); ++i) {
      if (!matrix.errors[i]) continue;
      const SchemeError& error = *matrix.errors[i];
      Json row = {{"scheme", data.treatments[i].recipe.toString()}, {"type", error.schemeText()}};
      if (error.refused.empty())
        row.update({{"bytes", error.bytes},
                    {"sqnr_db", jsonNumber(error.stats.sqnrDb())},
                    {"relative_error", jsonNumber(error.stats.relativeError())}});
      else
        row["refused"] = error.refused;
      errors.push_back(std::move(row));
    }
    rows.push_back({{"tensor", data.model->checkpoint().tensors()[matrix.tensor].name},
                    {"standard_deviation", jsonNumber(matrix.stats.standardDeviation)},
                    {"kurtosis", jsonNumber(matrix.stats.kurtosis)},
                    {"outliers_6_sigma", matrix.stats.outliers6Sigma},
                    {"not_finite", matrix.stats.nonFinite.count()},
                    {"errors", std::move(errors)}});
  }
  return rows;
}

Json answersJson(const Answers& answers) {
  if (answers.columns.empty()) return {{"failure", answers.whyNot.toStdString()}};
  Json prompts = Json::array(), columns = Json::array();
  for (const QString& prompt : answers.prompts) prompts.push_back(prompt.toStdString());
  for (const AnswerColumn& column : answers.columns) {
    Json row = {{"scheme", column.recipe ? column.recipe->toString() : "stored"}};
    if (!column.whyNot.isEmpty()) row["failure"] = column.whyNot.toStdString();
    Json texts = Json::array();
    for (const Answer& answer : column.answers) texts.push_back(answer.result.text);
    row.update({{"device", column.device.toStdString()},
                {"weight_bytes", column.weightBytes},
                {"resident_bytes", column.residentBytes},
                {"kv_bytes", column.kvBytes},
                {"decode_tokens_per_s", jsonNumber(column.decodeTokensPerS)},
                {"prefill_tokens_per_s", jsonNumber(column.prefillTokensPerS)},
                {"same_answers", column.sameAnswers},
                {"kl_mean", numberOrNull(column.meanKl)},
                {"answers", std::move(texts)}});
    columns.push_back(std::move(row));
  }
  return {{"device", answers.columns.front().device.toStdString()},
          {"seed", answers.seed},
          {"max_tokens", answers.maxTokens},
          {"noise_floor", numberOrNull(answers.noiseFloorKl)},
          {"prompts", std::move(prompts)},
          {"columns", std::move(columns)}};
}

Json memoryJson(const Parts& parts) {
  Json rows = Json::array();
  for (const MemoryRow& of : parts.memory) {
    Json row = memoryPlanJson(of.model, of.plan, parts.memoryQuestion);
    row["measured_on"] = of.device.toStdString();
    row["measured_weights_and_compute"] = bytesJson(of.residentBytes);
    row["measured_kv_cache"] = bytesJson(of.kvBytes);
    rows.push_back(std::move(row));
  }
  return rows;
}

/// What reports are compared by: the recipe, for the variant's text names the device; another device or type of keys
/// and values than the report's own is told apart.
std::string comparedBy(const ReportData& data, const Variant& variant) {
  return isUsual(data, variant) ? variant.recipe.toString() : variant.toString();
}

Json evaluationRows(const ReportData& data, const Evaluation& evaluation) {
  Json rows = evaluationJson(evaluation);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i]["recipe"] = comparedBy(data, evaluation.rows[i].variant);
  return rows;
}

/// Rows with the questions' own figures beside the scheme, as a table.
Json tasksRows(const ReportData& data, const TaskEvaluation& tasks) {
  Json rows = Json::array();
  for (const TaskRow& of : tasks.rows) {
    Json row = {{"scheme", of.text},
                {"name", of.name},
                {"device", of.device},
                {"reference", tasks.reference.text},
                {"recipe", comparedBy(data, of.variant)}};
    row.update(tasksJson(tasks, of));
    rows.push_back(std::move(row));
  }
  return rows;
}

void addParts(const ReportData& data, Json& json) {
  const Parts& parts = data.parts;
  if (parts.evaluation) json["evaluation"] = evaluationRows(data, *parts.evaluation);
  if (parts.tasks) json["tasks"] = tasksRows(data, *parts.tasks);
  if (parts.sensitivity) {
    json["sensitivity"] = sensitivityJson(*parts.sensitivity);
    json["sensitivity"].front()["text_hash"] = parts.sensitivityTextHash.toStdString();
  }
  if (!parts.memory.empty()) json["memory"] = memoryJson(parts);
  if (parts.trace) {
    json["trace"] = traceJson(*parts.trace, data.model->tokenizer().get());
    json["trace"]["prompt"] = parts.tracedPrompt.toStdString();
  }
  Json missing = Json::object();
  for (const auto& [part, why] : parts.whyNot) missing[wordOf(part).toStdString()] = why.toStdString();
  json["not_measured"] = std::move(missing);
}

}  // namespace

Json recordJson(const ReportData& data) {
  Json json = {{"format", kRecordFormat},
               {"format_version", kRecordVersion},
               {"program", QS_VERSION},
               {"build", buildHash().toStdString()},
               {"date", data.date.toString(Qt::ISODate).toStdString()},
               {"machine", data.machine.toStdString()},
               {"device", data.request.device.toStdString()},
               {"seconds", jsonNumber(data.seconds)},
               {"model", modelJson(data)}};
  json["calibration"] = nullptr;
  if (!data.calibration.title.isEmpty())
    json["calibration"] = {{"title", data.calibration.title.toStdString()},
                           {"identity", data.calibration.identity.toStdString()}};
  json["weights"] = weightsJson(data);
  json["matrices"] = matricesJson(data);
  json["answers"] = answersJson(data.answers);
  addParts(data, json);
  return json;
}

QByteArray fileText(const Json& json) {
  return QByteArray::fromStdString(json.dump(1, ' ', false, Json::error_handler_t::replace)) + '\n';
}

}  // namespace app::report
