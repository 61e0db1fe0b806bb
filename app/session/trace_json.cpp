#include "app/session/trace_json.h"

#include <map>

#include "app/session/json_numbers.h"
#include "app/session/traced_place.h"
#include "core/io/text_checks.h"

namespace app {

namespace trace = core::trace;
using Json = nlohmann::ordered_json;
using core::text::Tokenizer;

namespace {

Json effectJson(const trace::Effect& effect) {
  return {{"logit_difference", jsonNumber(effect.logitDifference)},
          {"kl", jsonNumber(effect.divergence)},
          {"restores", effect.isReferenceWord}};
}

Json topJson(const std::vector<core::model::TokenProbability>& top, const Tokenizer* tokenizer) {
  Json list = Json::array();
  for (const auto& entry : top)
    list.push_back({{"token", entry.token},
                    {"text", tokenText(tokenizer, entry.token)},
                    {"probability", jsonNumber(static_cast<double>(entry.probability))}});
  return list;
}

Json depthJson(const trace::Depth& depth, const Tokenizer* tokenizer) {
  Json steps = Json::array();
  for (const trace::DepthStep& step : depth.steps)
    steps.push_back({{"name", step.name},
                     {"relative_error", jsonNumber(step.relativeError)},
                     {"cosine", jsonNumber(step.cosine)},
                     {"logit_difference", {jsonNumber(step.referenceDifference), jsonNumber(step.comparedDifference)}},
                     {"reference_top", topJson(step.referenceTop, tokenizer)},
                     {"compared_top", topJson(step.comparedTop, tokenizer)}});
  return steps;
}

Json mapJson(const trace::Depth& depth) {
  const std::size_t steps = depth.steps.size();
  Json errors = Json::array(), agrees = Json::array();
  for (std::size_t position = 0; position < depth.positions; ++position) {
    Json errorRow = Json::array(), agreeRow = Json::array();
    for (std::size_t step = 0; step < steps; ++step) {
      errorRow.push_back(jsonNumber(static_cast<double>(depth.relativeErrors[position * steps + step])));
      if (!depth.agrees.empty()) agreeRow.push_back(depth.agrees[position * steps + step] != 0);
    }
    errors.push_back(std::move(errorRow));
    if (!depth.agrees.empty()) agrees.push_back(std::move(agreeRow));
  }
  return {{"first_position", depth.firstPosition}, {"relative_error", errors}, {"lens_agrees", agrees}};
}

Json layersJson(const trace::Restoration& restoration) {
  Json layers = Json::array();
  for (const trace::LayerEffect& layer : restoration.layers)
    layers.push_back({{"layer", layer.layer ? Json(*layer.layer) : Json(nullptr)},
                      {"restored", effectJson(layer.restored)},
                      {"exchanged", effectJson(layer.exchanged)}});
  return layers;
}

Json tensorsJson(const Trace& trace) {
  std::map<std::string, double> contributions;
  if (trace.attribution)
    for (const auto& tensor : trace.attribution->tensors) contributions[tensor.name] = tensor.sum;
  Json tensors = Json::array();
  for (const trace::TensorEffect& tensor : trace.restoration->tensors) {
    Json row = {{"tensor", tensor.name}};
    const auto found = contributions.find(tensor.name);
    row["contribution"] = found == contributions.end() ? Json(nullptr) : jsonNumber(found->second);
    row.update(effectJson(tensor.restored));
    if (tensor.exchanged) row["exchanged"] = effectJson(*tensor.exchanged);
    tensors.push_back(std::move(row));
    contributions.erase(tensor.name);
  }
  for (const auto& [name, sum] : contributions)  // passes were for others
    tensors.push_back({{"tensor", name}, {"contribution", jsonNumber(sum)}, {"restores", nullptr}});
  return tensors;
}

Json termsJson(const trace::Attribution& attribution) {
  static constexpr const char* kKinds[] = {"input", "result", "keys", "values"};
  Json terms = Json::array();
  for (const trace::RoundingContribution& term : attribution.roundings)
    terms.push_back({{"kind", kKinds[static_cast<std::size_t>(term.kind)]},
                     {"name", term.name},
                     {"contribution", jsonNumber(term.sum)}});
  return terms;
}

Json membersJson(const Trace& trace, const trace::ProvedSet& set, bool isBlocks) {
  Json members = Json::array();
  for (const trace::Candidate& member : set.members) {
    const TracedTensor& tensor = trace.tensors[member.tensor];
    const TracedPlace at = tracedPlace(tensor, member.first);
    Json place = {at.tensor, at.element / tensor.width, at.column};
    if (isBlocks) place.push_back(member.count);
    members.push_back(std::move(place));
  }
  return members;
}

Json setJson(const trace::ProvedSet& set, const std::optional<Confirmation>& confirmed) {
  Json json = {{"members", set.members.size()}, {"of", set.candidates},
               {"weights", set.weights},        {"is_minimal", set.isMinimal},
               {"random_sets", set.randomSets}, {"random_sets_that_restore", set.randomThatRestore}};
  json.update(effectJson(set.effect));
  if (confirmed) {
    json["confirmed"] = effectJson(confirmed->effect);
    json["confirmed"]["device"] = confirmed->device;
  }
  return json;
}

Json proofJson(const Trace& trace) {
  const trace::Proof& proof = *trace.proof;
  Json json = {{"weights", nullptr}, {"blocks", nullptr}, {"random_sets_that_restore", 0}};
  std::size_t restoring = 0;
  if (proof.weights) json["weights"] = membersJson(trace, *proof.weights, false);
  if (proof.blocks) json["blocks"] = membersJson(trace, *proof.blocks, true);
  for (const auto* set : {&proof.weights, &proof.blocks})
    if (*set) restoring += (*set)->randomThatRestore;
  json["random_sets_that_restore"] = restoring;
  Json decisions = Json::array();
  for (const core::quant::DecidedWeight& weight : trace.decisions)
    decisions.push_back({{"reference", jsonNumber(static_cast<double>(weight.value))},
                         {"decoded", jsonNumber(static_cast<double>(weight.decoded))},
                         {"code", weight.code ? Json(*weight.code) : Json(nullptr)},
                         {"decision", std::string(core::quant::toString(weight.decision))}});
  json["decisions"] = std::move(decisions);
  if (proof.weights) json["weight_set"] = setJson(*proof.weights, trace.confirmedWeights);
  if (proof.blocks) json["block_set"] = setJson(*proof.blocks, trace.confirmedBlocks);
  json["passes"] = proof.passes;
  return json;
}

void addCase(const Trace& trace, const Tokenizer* tokenizer, Json& json) {
  const trace::PartingCase& found = trace.found();
  const trace::Parting& parting = found.parting;
  json["position"] = found.position();
  json["agreement"] = found.agreement == trace::Agreement::Parted ? "parted" : "agreed";
  json["reference_token"] = parting.reference;
  json["compared_token"] = parting.compared;
  json["reference_text"] = tokenText(tokenizer, parting.reference);
  json["compared_text"] = tokenText(tokenizer, parting.compared);
  json["logit_difference"] = {jsonNumber(found.referenceDifference()), jsonNumber(found.comparedDifference())};
  json["kl"] = jsonNumber(found.divergence());
  json["tokens"] = parting.tokens;
  json["prompt_tokens"] = found.promptTokens;
}

}  // namespace

std::string tokenText(const Tokenizer* tokenizer, core::model::TokenId token) {
  if (tokenizer == nullptr) return "";
  const std::string bytes = tokenizer->bytes(token);
  return core::io::printable(bytes.empty() ? tokenizer->piece(token) : bytes);
}

Json traceJson(const Trace& trace, const Tokenizer* tokenizer) {
  Json json = {{"model", trace.model},
               {"model_hash", trace.modelHash},
               {"reference", trace.reference},
               {"compared", trace.compared},
               {"reference_device", trace.referenceDevice},
               {"compared_device", trace.comparedDevice},
               {"seed", trace.seed}};
  json["position"] = nullptr;
  if (trace.search.found) addCase(trace, tokenizer, json);
  json["answer"] = trace.search.answer;
  json["answer_ended"] = trace.search.hasEnded;
  json["differing_weights"] = trace.differingWeights;
  if (trace.depth) {
    json["depth"] = depthJson(*trace.depth, tokenizer);
    json["map"] = mapJson(*trace.depth);
  }
  if (trace.restoration) {
    json["layers"] = layersJson(*trace.restoration);
    json["tensors"] = tensorsJson(trace);
    json["restoration_passes"] = trace.restoration->passes;
  }
  if (trace.attribution) {
    json["activation_terms"] = termsJson(*trace.attribution);
    json["remainder"] = jsonNumber(trace.attribution->remainder);
    json["points"] = trace.attribution->points;
  }
  if (trace.proof) json["proof"] = proofJson(trace);
  Json seconds = Json::object();
  for (const auto& [stage, time] : trace.seconds) seconds[std::string(toString(stage))] = time;
  json["seconds"] = std::move(seconds);
  return json;
}

}  // namespace app
