#include "app/session/train_json.h"

#include <array>
#include <limits>
#include <string_view>

#include "app/session/json_numbers.h"
#include "core/base/error.h"

namespace app {

using Json = nlohmann::ordered_json;
using core::evaluate::Estimate;

namespace {

double numberIn(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

/// A count; what is negative, too large or no whole number is none.
template <typename Count>
Count countIn(const Json& json) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > std::numeric_limits<Count>::max())
    throw core::Error(core::ErrorCode::InvalidFile, "A training run counts with whole numbers.");
  return json.get<Count>();
}

Estimate estimateIn(const Json& json, const std::string& name) {
  return {numberIn(json.at(name)), numberIn(json.at(name + "_error"))};
}

TrainMark markOf(const Json& json) {
  TrainMark mark;
  mark.perplexity = estimateIn(json, "held_out_perplexity");
  if (json.contains("accuracy")) mark.accuracy = estimateIn(json, "accuracy");
  mark.answers = json.at("answers").get<std::vector<std::string>>();
  return mark;
}

template <typename Value, typename Read>
std::optional<Value> optionalIn(const Json& json, const char* name, const Read& read) {
  return json.contains(name) ? std::optional<Value>(read(json.at(name))) : std::nullopt;
}

Json levelsJson(const LevelHistogram& levels) {
  return {{"tensor", levels.tensor}, {"low", levels.low},       {"high", levels.high},
          {"counts", levels.counts}, {"levels", levels.levels}, {"mean_distance", jsonNumber(levels.meanDistance)}};
}

LevelHistogram levelsOf(const Json& json) {
  return {json.at("tensor"), json.at("low"),    json.at("high"),
          json.at("counts"), json.at("levels"), numberIn(json.at("mean_distance"))};
}

TrainStart startOf(const Json& json) {
  return {markOf(json.at("stored")),   markOf(json.at("untrained")), json.at("trained_tokens"),
          json.at("held_out_answers"), json.at("predicted_bytes"),   json.value("seconds", 0.0)};
}

core::train::StepReport stepOf(const Json& json) {
  core::train::StepReport step;
  step.step = countIn<std::uint64_t>(json.at("step"));
  step.loss = numberIn(json.at("loss"));
  step.gradientNorm = numberIn(json.at("gradient_norm"));
  step.rate = json.at("rate");
  step.tokens = json.at("tokens");
  step.seconds = json.at("seconds");
  return step;
}

TrainEvaluation evaluationOf(const Json& json) {
  TrainEvaluation evaluation;
  evaluation.step = countIn<std::uint64_t>(json.at("step"));
  evaluation.now = markOf(json);
  evaluation.levels = optionalIn<LevelHistogram>(json, "levels", levelsOf);
  if (json.contains("facts"))
    for (const Json& fact : json.at("facts"))
      evaluation.facts.push_back(
          {fact.at("answer"), fact.at("known"), fact.at("rewordings"), fact.at("rewordings_known")});
  evaluation.seconds = json.at("seconds");
  evaluation.took = json.value("took", 0.0);
  return evaluation;
}

TrainSummary summaryOf(const Json& json) {
  TrainSummary summary;
  summary.isFinished = json.at("finished");
  summary.steps = countIn<std::uint64_t>(json.at("steps"));
  summary.seconds = json.at("seconds");
  summary.concluding = json.value("concluding", 0.0);
  summary.tokens = json.at("tokens");
  summary.bitsPerWeight = numberIn(json.at("bits_per_weight"));
  summary.measuredBytes = json.at("measured_bytes");
  summary.recipe = json.at("recipe");
  summary.result = json.at("result");
  summary.notes = json.at("notes").get<std::vector<std::string>>();
  summary.storedAs = json.value("stored_as", std::string());
  summary.storedBitsPerWeight = json.value("stored_bits_per_weight", 0.0);
  summary.merged = optionalIn<TrainMark>(json, "merged", markOf);
  summary.requantized = optionalIn<TrainMark>(json, "requantized", markOf);
  summary.stored = optionalIn<TrainMark>(json, "stored", markOf);
  summary.untrained = optionalIn<TrainMark>(json, "untrained", markOf);
  summary.trained = optionalIn<TrainMark>(json, "trained", markOf);
  return summary;
}

constexpr std::array<std::string_view, 3> kRanges{"recomputed", "step", "clip"}, kStates{"fp32", "int8", "paged"};

template <typename Kind>
Kind kindIn(const Json& json, const std::array<std::string_view, 3>& names) {
  const auto text = json.get<std::string>();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<Kind>(i);
  throw core::Error(core::ErrorCode::InvalidFile, "A training run does not know \"" + text + "\".");
}

Json commonJson(const TrainSettings& settings) {
  return {{"data", settings.data},
          {"held_out", settings.heldOut},
          {"steps", settings.steps},
          {"rate", settings.rate},
          {"batch", settings.batch},
          {"length", settings.length},
          {"seed", settings.seed},
          {"evaluated", settings.isEvaluated},
          {"evaluate_every", settings.evaluateEvery},
          {"prompts", settings.prompts},
          {"tasks", settings.tasks}};
}

void readCommon(const Json& json, TrainSettings& settings) {
  settings.data = json.at("data");
  settings.heldOut = json.at("held_out");
  settings.steps = countIn<std::uint64_t>(json.at("steps"));
  settings.rate = json.at("rate");
  settings.batch = countIn<std::uint32_t>(json.at("batch"));
  settings.length = countIn<std::uint32_t>(json.at("length"));
  settings.seed = countIn<std::uint64_t>(json.at("seed"));
  settings.isEvaluated = json.value("evaluated", true);
  settings.evaluateEvery = countIn<std::uint64_t>(json.at("evaluate_every"));
  settings.prompts = json.at("prompts").get<std::vector<std::string>>();
  settings.tasks = json.at("tasks");
}

Json settingsJson(const QatLabSettings& settings) {
  Json json = commonJson(settings);
  json["scheme"] = settings.scheme;
  json["range"] = kRanges[static_cast<std::size_t>(settings.range)];
  json["distillation"] = settings.distillation;
  json["watched"] = settings.watched;
  return json;
}

Json settingsJson(const QloraLabSettings& settings) {
  Json json = commonJson(settings), facts = Json::array();
  for (const NewFact& fact : settings.facts) facts.push_back({{"question", fact.question}, {"answer", fact.answer}});
  json["base"] = settings.base;
  json["facts"] = std::move(facts);
  json["rank"] = settings.adapter.rank;
  json["alpha"] = settings.adapter.alpha;
  json["dropout"] = settings.adapter.dropout;
  json["targets"] = settings.adapter.targets;
  json["bf16"] = settings.adapter.isBf16;
  json["adapter_seed"] = settings.adapter.seed;
  json["optimizer"] = kStates[static_cast<std::size_t>(settings.optimizerState)];
  json["replay"] = settings.replay;
  json["replay_rows"] = settings.replayRows;
  return json;
}

QatLabSettings qatOf(const Json& json) {
  QatLabSettings settings;
  readCommon(json, settings);
  settings.scheme = json.at("scheme");
  settings.range = kindIn<core::train::QatRange>(json.at("range"), kRanges);
  settings.distillation = json.at("distillation");
  settings.watched = json.at("watched");
  return settings;
}

QloraLabSettings qloraOf(const Json& json) {
  QloraLabSettings settings;
  readCommon(json, settings);
  settings.base = json.at("base");
  for (const Json& fact : json.at("facts")) settings.facts.push_back({fact.at("question"), fact.at("answer")});
  settings.adapter.rank = countIn<std::uint32_t>(json.at("rank"));
  settings.adapter.alpha = json.at("alpha");
  settings.adapter.dropout = json.at("dropout");
  settings.adapter.targets = json.at("targets").get<std::vector<std::string>>();
  settings.adapter.isBf16 = json.at("bf16");
  settings.adapter.seed = json.at("adapter_seed");
  settings.optimizerState = kindIn<core::train::StateKind>(json.at("optimizer"), kStates);
  settings.replay = json.at("replay");
  settings.replayRows = countIn<std::uint32_t>(json.at("replay_rows"));
  return settings;
}

}  // namespace

Json trainMarkJson(const TrainMark& mark) {
  Json json;
  addEstimate(json, "held_out_perplexity", mark.perplexity);
  if (mark.accuracy) addEstimate(json, "accuracy", *mark.accuracy);
  json["answers"] = mark.answers;
  return json;
}

Json trainStartJson(const TrainStart& start) {
  return {{"stored", trainMarkJson(start.stored)},   {"untrained", trainMarkJson(start.untrained)},
          {"trained_tokens", start.trainedTokens},   {"held_out_answers", start.heldOutAnswers},
          {"predicted_bytes", start.predictedBytes}, {"seconds", start.seconds}};
}

Json trainStepJson(const core::train::StepReport& step) {
  return {{"step", step.step}, {"loss", jsonNumber(step.loss)}, {"gradient_norm", jsonNumber(step.gradientNorm)},
          {"rate", step.rate}, {"tokens", step.tokens},         {"seconds", step.seconds}};
}

Json trainEvaluationJson(const TrainEvaluation& evaluation) {
  Json json = {{"step", evaluation.step}};
  json.update(trainMarkJson(evaluation.now));
  if (evaluation.levels) json["levels"] = levelsJson(*evaluation.levels);
  Json facts = Json::array();
  for (const FactKnown& fact : evaluation.facts)
    facts.push_back({{"answer", fact.answer},
                     {"known", fact.isKnown},
                     {"rewordings", fact.rewordings},
                     {"rewordings_known", fact.rewordingsKnown}});
  if (!facts.empty()) json["facts"] = std::move(facts);
  json["seconds"] = evaluation.seconds;
  json["took"] = evaluation.took;
  return json;
}

Json trainSummaryJson(const TrainSummary& summary) {
  Json json = {{"finished", summary.isFinished},
               {"steps", summary.steps},
               {"seconds", summary.seconds},
               {"concluding", summary.concluding},
               {"tokens", summary.tokens},
               {"bits_per_weight", jsonNumber(summary.bitsPerWeight)},
               {"measured_bytes", summary.measuredBytes},
               {"recipe", summary.recipe},
               {"result", summary.result},
               {"notes", summary.notes}};
  if (!summary.storedAs.empty()) {
    json["stored_as"] = summary.storedAs;
    json["stored_bits_per_weight"] = jsonNumber(summary.storedBitsPerWeight);
  }
  const auto add = [&json](const char* name, const std::optional<TrainMark>& mark) {
    if (mark) json[name] = trainMarkJson(*mark);
  };
  add("stored", summary.stored);
  add("untrained", summary.untrained);
  add("trained", summary.trained);
  add("merged", summary.merged);
  add("requantized", summary.requantized);
  return json;
}

Json trainHistoryJson(const TrainHistory& history) {
  Json json = Json::object(), steps = Json::array(), evaluations = Json::array();
  for (const auto& step : history.steps) steps.push_back(trainStepJson(step));
  for (const auto& evaluation : history.evaluations) evaluations.push_back(trainEvaluationJson(evaluation));
  if (history.start) json["start"] = trainStartJson(*history.start);
  json["steps"] = std::move(steps);
  json["evaluations"] = std::move(evaluations);
  if (history.summary) json["summary"] = trainSummaryJson(*history.summary);
  return json;
}

TrainHistory trainHistoryOf(const Json& json) {
  TrainHistory history;
  history.start = optionalIn<TrainStart>(json, "start", startOf);
  for (const Json& step : json.at("steps")) history.steps.push_back(stepOf(step));
  for (const Json& evaluation : json.at("evaluations")) history.evaluations.push_back(evaluationOf(evaluation));
  history.summary = optionalIn<TrainSummary>(json, "summary", summaryOf);
  return history;
}

Json labJson(const LabSettings& settings) {
  const bool isQat = std::holds_alternative<QatLabSettings>(settings);
  return {{"lab", isQat ? "qat" : "qlora"},
          {"settings", std::visit([](const auto& lab) { return settingsJson(lab); }, settings)}};
}

LabSettings labOf(const Json& json) {
  const auto lab = json.at("lab").get<std::string>();
  if (lab != "qat" && lab != "qlora")
    throw core::Error(core::ErrorCode::InvalidFile, "A training run is no lab called \"" + lab + "\".");
  const Json& settings = json.at("settings");
  return lab == "qat" ? LabSettings(qatOf(settings)) : LabSettings(qloraOf(settings));
}

}  // namespace app
