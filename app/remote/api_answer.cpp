#include "app/remote/api_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "app/remote/fetch_json.h"
#include "core/io/text_checks.h"
#include "core/text/unicode.h"

namespace app::remote {

namespace {

using core::io::JsonContainer;
using core::io::JsonTree;

constexpr std::size_t kMostAlternatives = 256;

std::optional<double> realOf(const JsonTree* tree) {
  if (tree == nullptr || tree->container) return std::nullopt;
  return std::visit(
      [](const auto& value) -> std::optional<double> {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
          return std::isnan(static_cast<double>(value)) ? std::nullopt : std::optional(static_cast<double>(value));
        else
          return std::nullopt;
      },
      tree->scalar);
}

/// {"token": "…", "bytes": [104, 105], "logprob": −0.1}: the bytes where they are said.
std::optional<ApiAlternative> alternativeOf(const JsonTree& entry) {
  const auto logProbability = realOf(entry.find("logprob"));
  auto text = entry.text("token");
  if (!logProbability || !text) return std::nullopt;
  const JsonTree* const bytes = entry.find("bytes");
  if (bytes != nullptr && bytes->container == JsonContainer::Array) {
    std::string raw;
    for (const auto& child : bytes->children) {
      const auto* byte = std::get_if<std::uint64_t>(&child.second.scalar);
      if (byte == nullptr || *byte > 255) return std::nullopt;
      raw += static_cast<char>(*byte);
    }
    text = raw;
  }
  return ApiAlternative{*text, *logProbability};
}

std::vector<ApiAlternative> alternativesOf(const JsonTree* list) {
  std::vector<ApiAlternative> all;
  if (list == nullptr) return all;
  for (const auto& [key, entry] : list->children) {
    if (all.size() == kMostAlternatives) break;
    if (list->isObject()) {  // a completion's: {"token": logprob}
      if (const auto value = realOf(&entry)) all.push_back({key, *value});
    } else if (auto alternative = alternativeOf(entry)) {
      all.push_back(std::move(*alternative));
    }
  }
  std::ranges::stable_sort(all, std::greater(), &ApiAlternative::logProbability);
  return all;
}

bool isWholeText(const ApiToken& token) {
  return token.own && core::text::replaceInvalidUtf8(token.own->bytes) == token.own->bytes;
}

/// Of a chat's entries, or of a completion's parallel lists.
std::vector<ApiToken> tokensOf(const JsonTree& probabilities) {
  std::vector<ApiToken> tokens;
  if (const JsonTree* entries = probabilities.find("content"); entries != nullptr) {
    for (const auto& child : entries->children) {
      ApiToken& token = tokens.emplace_back();
      token.own = alternativeOf(child.second);
      token.top = alternativesOf(child.second.find("top_logprobs"));
    }
    return tokens;
  }
  const JsonTree *names = probabilities.find("tokens"), *values = probabilities.find("token_logprobs"),
                 *tops = probabilities.find("top_logprobs");
  for (std::size_t i = 0; names != nullptr && i < names->children.size(); ++i) {
    ApiToken& token = tokens.emplace_back();
    const auto* name = std::get_if<std::string>(&names->children[i].second.scalar);
    const auto value = values != nullptr && i < values->children.size() ? realOf(&values->children[i].second)
                                                                        : std::optional<double>();
    if (name != nullptr && value) token.own = {*name, *value};
    if (tops != nullptr && i < tops->children.size()) token.top = alternativesOf(&tops->children[i].second);
  }
  return tokens;
}

}  // namespace

void ApiAnswer::read(std::string_view json) {
  if (json == "[DONE]") {
    if (!m_end) m_end = ApiEnd::Stop;
    return;
  }
  const JsonTree tree = parseJson(json, m_url);
  if (const JsonTree* error = tree.find("error")) {
    const std::string said = error->text("message").value_or(tree.text("error").value_or("no reason"));
    throw RemoteError(RemoteFault::Server, fmt::format("The server {} ended its answer with an error: {}.",
                                                       hostOf(m_url), core::io::inQuotes(said)));
  }
  const JsonTree* const choices = tree.find("choices");
  if (choices == nullptr || choices->container != JsonContainer::Array)
    throw RemoteError(RemoteFault::Answer,
                      fmt::format("The server {} sent something else than a piece of an answer.", hostOf(m_url)));
  if (!choices->children.empty()) readChoice(choices->children.front().second);
}

void ApiAnswer::readChoice(const JsonTree& choice) {
  const JsonTree* const probabilities = choice.find("logprobs");
  const JsonTree* said = choice.find("delta");
  if (said == nullptr) said = choice.find("message");
  const JsonTree& where = said == nullptr ? choice : *said;
  for (const char* key : {"reasoning_content", "reasoning", "thinking"}) {
    const auto thought = where.text(key);
    if (!thought || thought->empty()) continue;
    say(*thought, true, nullptr);
    break;
  }
  if (const auto text = where.text(said == nullptr ? "text" : "content");
      text && (!text->empty() || probabilities != nullptr))
    say(*text, false, probabilities);
  if (const auto reason = choice.text("finish_reason")) m_end = *reason == "length" ? ApiEnd::Length : ApiEnd::Stop;
}

void ApiAnswer::say(const std::string& text, bool isThought, const JsonTree* probabilities) {
  std::vector<ApiToken> tokens = probabilities == nullptr ? std::vector<ApiToken>() : tokensOf(*probabilities);
  if (tokens.empty()) {
    if (!text.empty()) give({text, isThought, {}, {}});
    return;
  }
  std::string joined;
  for (const ApiToken& token : tokens) joined += token.own ? token.own->bytes : "";
  // Half a character in one token, or a text that was cut for a stop word: then it stands with the first.
  const bool isWhole = joined == text && std::ranges::all_of(tokens, isWholeText);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i].isThought = isThought;
    tokens[i].text = isWhole && tokens.size() > 1 ? tokens[i].own->bytes : i == 0 ? text : std::string();
    give(std::move(tokens[i]));
  }
}

void ApiAnswer::give(ApiToken token) {
  m_hasBegun = true;
  m_onToken(token);
}

}  // namespace app::remote
