#include "app/session/sensitivity_json.h"

#include "app/session/json_numbers.h"

namespace app {

using Json = nlohmann::ordered_json;

namespace {

Json toJson(const SensitivityRow& row) {
  Json json = {{"tensor", row.name},
               {"level", core::evaluate::toString(row.level)},
               {"scheme", row.scheme},
               {"direction", core::evaluate::toString(row.direction)}};
  addEstimate(json, "kl", row.kl);
  addEstimate(json, "kl_change", row.change);
  json["weight_error"] = jsonNumber(row.weightError);
  addEstimate(json, "output_error", row.outputError.weights);
  json["output_error_of_inputs"] = jsonNumber(row.outputError.activations.value);
  json["output_error_total"] = jsonNumber(row.outputError.total.value);
  json["output_tokens"] = row.outputError.tokens;
  json["gradient_estimate"] = jsonNumber(row.gradientEstimate);
  if (!row.failure.empty()) json["failure"] = row.failure;
  return json;
}

Json toJson(const core::evaluate::RankCorrelation& correlation) {
  return {{"spearman", jsonNumber(correlation.rho)},
          {"low", jsonNumber(correlation.low)},
          {"high", jsonNumber(correlation.high)},
          {"tensors", correlation.count}};
}

}  // namespace

Json sensitivityJson(const SensitivityReport& report) {
  Json rows = Json::array();
  for (const SensitivityRow& row : report.rows) rows.push_back(toJson(row));
  Json& first = rows.front();
  first["recipe"] = report.recipe;
  addEstimate(first, "recipe_kl", report.quantizedKl);
  if (!report.quantizedFailure.empty()) first["recipe_failure"] = report.quantizedFailure;
  first["text"] = report.textTitle;
  first["tokens"] = report.tokens;
  first["scored"] = report.scored;
  first["blocks"] = report.blocks;
  first["left_out"] = report.leftOut;
  first["unread_documents"] = report.unread;
  first["device"] = report.device;
  if (report.proxies.points.size() >= 3)
    first["rank_correlation"] = {{"weight_error", toJson(report.proxies.weightError)},
                                 {"output_error", toJson(report.proxies.outputError)},
                                 {"gradient_estimate", toJson(report.proxies.gradientEstimate)}};
  return rows;
}

}  // namespace app
