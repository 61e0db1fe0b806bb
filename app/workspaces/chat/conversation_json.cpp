#include "app/workspaces/chat/conversation_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/model/recipe/recipe_text.h"

namespace app {

namespace {

using Json = nlohmann::json;
using core::model::GeneratedToken;
using core::model::TokenProbability;

constexpr int kVersion = 1;

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

Json toJson(const core::model::GenerationOptions& options) {
  const auto& s = options.sampling;
  return {{"temperature", s.temperature},
          {"top_k", s.topK},
          {"top_p", s.topP},
          {"min_p", s.minP},
          {"repetition_penalty", s.repetitionPenalty},
          {"seed", s.seed},
          {"max_tokens", options.maxTokens}};
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
  return options;
}

Json toJson(const AnswerSource& source) {
  Json messages = Json::array();
  for (const auto& message : source.messages) messages.push_back({message.role, message.content});
  return {{"model", source.model.toStdString()},
          {"scheme", source.recipe ? core::model::textOf(*source.recipe) : std::string()},
          {"title", source.title.toStdString()},
          {"device", source.device.toStdString()},
          {"calibration", source.calibration.toStdString()},
          {"context", source.contextLength},
          {"kv_type", core::model::nameOf(source.kvType)},
          {"options", toJson(source.options)},
          {"completion", source.mode == PromptMode::Completion},
          {"own_history", source.history == HistoryMode::Own},
          {"messages", messages},
          {"writer", source.writer.toStdString()}};
}

QString textFrom(const Json& json) { return QString::fromStdString(json.get<std::string>()); }

AnswerSource sourceFrom(const Json& json) {
  AnswerSource source;
  source.model = textFrom(json.at("model"));
  if (const auto scheme = json.at("scheme").get<std::string>(); !scheme.empty())
    source.recipe = core::model::recipeFromText(scheme);
  source.title = textFrom(json.at("title"));
  source.device = textFrom(json.at("device"));
  source.calibration = QString::fromStdString(json.value("calibration", std::string()));
  json.at("context").get_to(source.contextLength);
  source.kvType = core::model::kvTypeOf(json.value("kv_type", std::string("f16")));
  source.options = optionsFrom(json.at("options"));
  source.mode = json.at("completion").get<bool>() ? PromptMode::Completion : PromptMode::Chat;
  source.history = json.at("own_history").get<bool>() ? HistoryMode::Own : HistoryMode::Reference;
  for (const Json& message : json.at("messages"))
    source.messages.push_back({message.at(0).get<std::string>(), message.at(1).get<std::string>()});
  source.writer = textFrom(json.at("writer"));
  return source;
}

Json toJson(const Answer& answer) {
  Json tokens = Json::array(), compared = Json::array();
  for (const GeneratedToken& token : answer.tokens)
    tokens.push_back({token.id, token.text, token.probability, toJson(token.top)});
  for (const auto& token : answer.comparison.tokens)
    compared.push_back(token ? Json::array({token->kl, toJson(token->top)}) : Json());
  Json json{{"id", answer.id},
            {"source", toJson(answer.source)},
            {"prompt", answer.prompt},
            {"tokens", tokens},
            {"compared", compared},
            {"reference", answer.comparison.reference},
            {"text", answer.result.text},
            {"stop", static_cast<int>(answer.result.stop)},
            {"first_s", answer.result.timeToFirstTokenS},
            {"tokens_per_s", answer.result.decodeTokensPerS}};
  if (answer.failure)
    json["failure"] = {static_cast<int>(answer.failure->kind), answer.failure->sentence, answer.failure->where};
  return json;
}

Answer answerFrom(const Json& json) {
  Answer answer;
  json.at("id").get_to(answer.id);
  answer.source = sourceFrom(json.at("source"));
  json.at("prompt").get_to(answer.prompt);
  for (const Json& token : json.at("tokens"))
    answer.tokens.push_back({token.at(0).get<core::text::TokenId>(),
                             token.at(1).get<std::string>(),
                             token.at(2).get<float>(),
                             topFrom(token.at(3)),
                             {}});
  for (const Json& token : json.at("compared")) {
    // An infinite divergence has no number in JSON: then it was not compared.
    const bool known = token.is_array() && token.at(0).is_number();
    answer.comparison.tokens.push_back(
        known ? std::optional(ForcedToken{token.at(0).get<double>(), topFrom(token.at(1))}) : std::nullopt);
  }
  json.at("reference").get_to(answer.comparison.reference);
  json.at("text").get_to(answer.result.text);
  answer.result.stop = static_cast<core::model::StopReason>(std::clamp(json.at("stop").get<int>(), 0, 3));
  json.at("first_s").get_to(answer.result.timeToFirstTokenS);
  json.at("tokens_per_s").get_to(answer.result.decodeTokensPerS);
  if (const auto failure = json.find("failure"); failure != json.end())
    answer.failure = PaneFailure{static_cast<PaneFailure::Kind>(std::clamp(failure->at(0).get<int>(), 0, 3)),
                                 failure->at(1).get<std::string>(), failure->at(2).get<std::string>()};
  answer.finished = true;
  return answer;
}

}  // namespace

QByteArray toJson(const Conversation& conversation) {
  Json turns = Json::array();
  for (const Turn& turn : conversation.turns()) {
    Json panes = Json::array();
    for (const auto& answers : turn.answers) {
      Json list = Json::array();
      for (const Answer& answer : answers)
        if (answer.finished) list.push_back(toJson(answer));
      panes.push_back(std::move(list));
    }
    turns.push_back({{"prompt", turn.prompt.toStdString()},
                     {"completion", turn.mode == PromptMode::Completion},
                     {"panes", std::move(panes)}});
  }
  // Bytes that are no UTF-8 (half a character at a cut) become U+FFFD.
  const std::string text =
      Json{{"version", kVersion}, {"turns", turns}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  return QByteArray::fromStdString(text);
}

std::optional<Conversation> conversationFromJson(const QByteArray& text, std::size_t panes) {
  try {
    const Json json = Json::parse(text.begin(), text.end());
    if (json.at("version").get<int>() != kVersion) return std::nullopt;
    Conversation conversation(panes);
    for (const Json& item : json.at("turns")) {
      Turn turn{textFrom(item.at("prompt")),
                item.at("completion").get<bool>() ? PromptMode::Completion : PromptMode::Chat,
                {}};
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
