#include "app/workspaces/chat/conversation_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/model/recipe/recipe_text.h"

namespace app {

namespace {

using Json = nlohmann::json;
using core::model::GeneratedToken;
using core::model::TokenProbability;

constexpr int kVersion = 1;

QString textFrom(const Json& json) { return QString::fromStdString(json.get<std::string>()); }

Json toJson(const std::vector<TokenProbability>& top) {
  Json list = Json::array();
  for (const auto& choice : top) list.push_back({choice.token, choice.probability});
  return list;
}

std::vector<TokenProbability> topFrom(const Json& list) {
  std::vector<TokenProbability> top;
  for (const Json& choice : list) top.push_back({choice.at(0).get<core::text::TokenId>(), choice.at(1).get<float>()});
  return top;
}

/// No number where there is none, and where it is infinite: JSON has no word for that.
Json numberOrNull(const std::optional<double>& value) { return value && std::isfinite(*value) ? Json(*value) : Json(); }

std::optional<double> numberFrom(const Json& list, std::size_t index) {
  if (index >= list.size() || !list[index].is_number()) return std::nullopt;
  return list[index].get<double>();
}

Json toJson(const core::model::GenerationOptions& options) {
  const auto& s = options.sampling;
  return {{"temperature", s.temperature},
          {"top_k", s.topK},
          {"top_p", s.topP},
          {"min_p", s.minP},
          {"repetition_penalty", s.repetitionPenalty},
          {"seed", s.seed},
          {"max_tokens", options.maxTokens},
          {"beginning", options.beginning}};
}

core::model::GenerationOptions optionsFrom(const Json& json) {
  core::model::GenerationOptions options;
  auto& s = options.sampling;
  json.at("temperature").get_to(s.temperature);
  json.at("top_k").get_to(s.topK);
  json.at("top_p").get_to(s.topP);
  json.at("min_p").get_to(s.minP);
  json.at("repetition_penalty").get_to(s.repetitionPenalty);
  json.at("seed").get_to(s.seed);
  json.at("max_tokens").get_to(options.maxTokens);
  options.beginning = json.value("beginning", std::vector<core::text::TokenId>());
  return options;
}

Json toJson(const AnswerSource& source) {
  Json messages = Json::array();
  for (const Message& message : source.messages)
    messages.push_back(message.reasoning.empty() ? Json{message.role, message.content}
                                                 : Json{message.role, message.content, message.reasoning});
  Json values = Json::array();
  for (const TemplateValue& value : source.templateValues) values.push_back({value.name, value.json});
  return {{"model", source.model.toStdString()},
          {"scheme", source.recipe ? core::model::textOf(*source.recipe) : std::string()},
          {"title", source.title.toStdString()},
          {"deviations", source.deviations.toStdString()},
          {"device", source.device.toStdString()},
          {"calibration", source.calibration.toStdString()},
          {"context", source.contextLength},
          {"kv_type", core::model::nameOf(source.kvType)},
          {"options", toJson(source.options)},
          {"completion", source.mode == PromptMode::Completion},
          {"own_history", source.history == HistoryMode::Own},
          {"messages", messages},
          {"template", values},
          {"writer", source.writer.toStdString()}};
}

AnswerSource sourceFrom(const Json& json) {
  AnswerSource source;
  source.model = textFrom(json.at("model"));
  if (const auto scheme = json.at("scheme").get<std::string>(); !scheme.empty())
    source.recipe = core::model::recipeFromText(scheme);
  source.deviations = QString::fromStdString(json.value("deviations", std::string()));
  source.title = textFrom(json.at("title"));
  source.device = textFrom(json.at("device"));
  source.calibration = QString::fromStdString(json.value("calibration", std::string()));
  json.at("context").get_to(source.contextLength);
  source.kvType = core::model::kvTypeOf(json.value("kv_type", std::string("f16")));
  source.options = optionsFrom(json.at("options"));
  source.mode = json.at("completion").get<bool>() ? PromptMode::Completion : PromptMode::Chat;
  source.history = json.at("own_history").get<bool>() ? HistoryMode::Own : HistoryMode::Reference;
  for (const Json& message : json.at("messages"))
    source.messages.push_back({message.at(0).get<std::string>(), message.at(1).get<std::string>(),
                               message.size() > 2 ? message[2].get<std::string>() : std::string()});
  for (const Json& value : json.value("template", Json::array()))
    source.templateValues.push_back({value.at(0).get<std::string>(), value.at(1).get<std::string>()});
  static_cast<void>(variablesOf(source.templateValues));  // refuses what is not JSON
  source.writer = textFrom(json.at("writer"));
  return source;
}

Json toJson(const Branch& branch) {
  return {{"answer", branch.answer},
          {"index", branch.index},
          {"word", branch.word.toStdString()},
          {"instead_of", branch.insteadOf.toStdString()}};
}

Branch branchFrom(const Json& json) {
  return {json.at("answer").get<int>(), json.at("index").get<std::size_t>(), textFrom(json.at("word")),
          textFrom(json.at("instead_of"))};
}

Json toJson(const core::text::Thought& thought) {
  return {{"tokens", thought.tokens},
          {"begin", thought.begin},
          {"end", thought.end},
          {"answer", thought.answer},
          {"open", thought.isOpen}};
}

core::text::Thought thoughtFrom(const Json& json, std::size_t tokens) {
  return {std::min(json.at("tokens").get<std::size_t>(), tokens), json.at("begin").get<std::size_t>(),
          json.at("end").get<std::size_t>(), json.at("answer").get<std::size_t>(), json.at("open").get<bool>()};
}

Json toJson(const ServerComparison& comparison) {
  return {{"low", numberOrNull(comparison.low)}, {"high", numberOrNull(comparison.high)},
          {"missing", comparison.missing},       {"tokens", comparison.tokens},
          {"known", comparison.known},           {"reference", comparison.reference.toStdString()}};
}

ServerComparison serverComparisonFrom(const Json& json) {
  const auto boundOf = [&json](const char* key) {
    return json.at(key).is_number() ? json.at(key).get<double>() : std::numeric_limits<double>::infinity();
  };
  return {boundOf("low"),
          boundOf("high"),
          json.at("missing").get<double>(),
          json.at("tokens").get<std::size_t>(),
          json.at("known").get<std::size_t>(),
          textFrom(json.at("reference"))};
}

Json toJson(const Answer& answer) {
  Json tokens = Json::array(), compared = Json::array();
  for (const GeneratedToken& token : answer.tokens)
    tokens.push_back(
        {token.id, token.text, token.probability, toJson(token.top), numberOrNull(static_cast<double>(token.entropy))});
  for (const auto& token : answer.comparison.tokens)
    compared.push_back(token ? Json::array({token->kl, toJson(token->top), numberOrNull(token->surprise),
                                            numberOrNull(token->entropy)})
                             : Json());
  Json json{{"id", answer.id},
            {"source", toJson(answer.source)},
            {"prompt", answer.prompt},
            {"tokens", tokens},
            {"compared", compared},
            {"reference", answer.comparison.reference},
            {"text", answer.result.text},
            {"stop", static_cast<int>(answer.result.stop)},
            {"first_s", answer.result.timeToFirstTokenS},
            {"tokens_per_s", answer.result.decodeTokensPerS},
            {"besides", answer.result.besides}};
  if (answer.failure)
    json["failure"] = {static_cast<int>(answer.failure->kind), answer.failure->sentence, answer.failure->where};
  if (answer.branch) json["branch"] = toJson(*answer.branch);
  if (answer.thought) json["thought"] = toJson(*answer.thought);
  if (answer.serverComparison) json["server"] = toJson(*answer.serverComparison);
  return json;
}

Answer answerFrom(const Json& json) {
  Answer answer;
  json.at("id").get_to(answer.id);
  answer.source = sourceFrom(json.at("source"));
  json.at("prompt").get_to(answer.prompt);
  for (const Json& token : json.at("tokens")) {
    answer.tokens.push_back({token.at(0).get<core::text::TokenId>(),
                             token.at(1).get<std::string>(),
                             token.at(2).get<float>(),
                             topFrom(token.at(3)),
                             {}});
    if (const auto entropy = numberFrom(token, 4)) answer.tokens.back().entropy = static_cast<float>(*entropy);
  }
  for (const Json& token : json.at("compared")) {
    // An infinite divergence has no number in JSON: then it was not compared.
    const bool known = token.is_array() && token.at(0).is_number();
    answer.comparison.tokens.push_back(known
                                           ? std::optional(ForcedToken{token.at(0).get<double>(), numberFrom(token, 2),
                                                                       numberFrom(token, 3), topFrom(token.at(1))})
                                           : std::nullopt);
  }
  json.at("reference").get_to(answer.comparison.reference);
  json.at("text").get_to(answer.result.text);
  answer.result.stop = static_cast<core::model::StopReason>(std::clamp(json.at("stop").get<int>(), 0, 3));
  json.at("first_s").get_to(answer.result.timeToFirstTokenS);
  json.at("tokens_per_s").get_to(answer.result.decodeTokensPerS);
  answer.result.besides = json.value("besides", 0U);  // conversations of before have none
  if (const auto failure = json.find("failure"); failure != json.end())
    answer.failure = PaneFailure{static_cast<PaneFailure::Kind>(std::clamp(failure->at(0).get<int>(), 0, 3)),
                                 failure->at(1).get<std::string>(), failure->at(2).get<std::string>()};
  if (const auto branch = json.find("branch"); branch != json.end()) answer.branch = branchFrom(*branch);
  if (const auto thought = json.find("thought"); thought != json.end())
    answer.thought = thoughtFrom(*thought, answer.tokens.size());
  if (const auto server = json.find("server"); server != json.end())
    answer.serverComparison = serverComparisonFrom(*server);
  answer.finished = true;
  return answer;
}

Json toJson(const BlindTurn& blind) {
  return {{"order", blind.order}, {"answers", blind.answers}, {"best", blind.best}, {"revealed", blind.revealed}};
}

/// A vote that cannot be: then the question was asked in the open.
std::optional<BlindTurn> blindFrom(const Json& json) {
  BlindTurn blind{json.at("order").get<std::vector<std::size_t>>(), json.at("answers").get<std::vector<int>>(),
                  json.at("best").get<int>(), json.at("revealed").get<bool>()};
  std::vector<std::size_t> sorted = blind.order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] != i) return std::nullopt;
  return blind;
}

/// Weights that were changed by hand have none: whoever wrote with them is gone with the program.
bool hasText(const AnswerSource& source) { return !source.recipe || source.recipe->replacements.empty(); }

}  // namespace

QByteArray toJson(const Conversation& conversation) {
  Json turns = Json::array();
  for (const Turn& turn : conversation.turns()) {
    Json panes = Json::array();
    for (const auto& answers : turn.answers) {
      Json list = Json::array();
      for (const Answer& answer : answers)
        if (answer.finished && hasText(answer.source)) list.push_back(toJson(answer));
      panes.push_back(std::move(list));
    }
    turns.push_back({{"prompt", turn.prompt.toStdString()},
                     {"completion", turn.mode == PromptMode::Completion},
                     {"panes", std::move(panes)}});
    if (turn.blind) turns.back()["blind"] = toJson(*turn.blind);
  }
  // Bytes that are no UTF-8 (half a character at a cut) become U+FFFD.
  const std::string text = Json{{"version", kVersion}, {"panes", conversation.panes()}, {"turns", turns}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
  return QByteArray::fromStdString(text);
}

std::optional<Conversation> conversationFromJson(const QByteArray& text) {
  try {
    const Json json = Json::parse(text.begin(), text.end());
    if (json.at("version").get<int>() != kVersion) return std::nullopt;
    const auto panes = json.value("panes", Conversation::kFewestPanes);
    Conversation conversation(std::clamp(panes, Conversation::kFewestPanes, Conversation::kMostPanes));
    for (const Json& item : json.at("turns")) {
      Turn turn{textFrom(item.at("prompt")),
                item.at("completion").get<bool>() ? PromptMode::Completion : PromptMode::Chat,
                {},
                {}};
      if (const auto blind = item.find("blind"); blind != item.end()) turn.blind = blindFrom(*blind);
      for (const Json& list : item.at("panes")) {
        auto& answers = turn.answers.emplace_back();
        for (const Json& answer : list) answers.push_back(answerFrom(answer));
      }
      conversation.restore(std::move(turn));
    }
    return conversation;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const core::Error&) {
    return std::nullopt;  // a scheme of another version of the program
  }
}

}  // namespace app
