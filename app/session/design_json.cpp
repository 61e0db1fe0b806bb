#include "app/session/design_json.h"

#include "app/session/json_numbers.h"

namespace app {

using Json = nlohmann::ordered_json;

namespace {

Json toJson(const DesignRival& rival) {
  Json row = {{"recipe", rival.recipe.toString()}, {"bytes", rival.bytes}};
  addEstimate(row, "kl", rival.kl);
  addEstimate(row, "difference", rival.difference);
  addEstimate(row, "kl_ratio", rival.ratio);
  row["verdict"] = core::evaluate::nameOf(rival.verdict());
  row["problem"] = rival.problem.empty() ? Json(nullptr) : Json(rival.problem);
  return row;
}

Json toJson(const DesignCheck& check) {
  Json json = {{"text", check.textTitle}, {"blocks", check.blocks}, {"scored", check.scored}};
  addEstimate(json, "kl", check.kl);
  json["compared"] = Json::array();
  for (const DesignRival& rival : check.rivals) json["compared"].push_back(toJson(rival));
  return json;
}

}  // namespace

Json designJson(const Design& design, const DivergenceStudy& study, const DesignCheck& check) {
  Json json = {{"bytes", design.bytes},
               {"most_bytes", design.mostBytes == 0 ? Json(nullptr) : Json(design.mostBytes)},
               {"bits_per_weight", design.bitsPerWeight},
               {"text", study.request().text.title},
               {"tokens", study.reading().tokens},
               {"scored", study.reading().scored},
               {"blocks", study.reading().blocks},
               {"device", study.deviceName()}};
  addEstimate(json, "kl", design.kl);
  json["kl_at_first"] = jsonNumber(design.search.startKl);
  json["kl_predicted"] = jsonNumber(design.search.predictedKl);
  if (!design.speeds.candidates.empty()) {
    json["decode_tokens_per_s"] = jsonNumber(design.speeds.measured);
    json["decode_tokens_per_s_predicted"] = jsonNumber(design.speeds.predicted);
    json["decode_tokens_per_s_of_candidates"] = Json::array();
    for (const double speed : design.speeds.candidates)
      json["decode_tokens_per_s_of_candidates"].push_back(jsonNumber(speed));
  }
  json["rounds"] = design.search.rounds;
  json["measurements"] = design.search.measurements;
  json["choices"] = Json::array();
  for (const DesignedItem& item : design.items) {
    Json row = {{"tensor", item.name}, {"scheme", item.scheme}, {"bytes", item.bytes}};
    addEstimate(row, "kl_alone", item.klAlone);
    json["choices"].push_back(std::move(row));
  }
  json["excluded"] = Json::array();
  for (const ExcludedCandidate& out : design.excluded)
    json["excluded"].push_back({{"tensor", out.item}, {"scheme", out.scheme}, {"why", out.why}});
  json["check"] = toJson(check);
  return json;
}

}  // namespace app
