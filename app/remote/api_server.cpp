#include "app/remote/api_server.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/remote/api_answer.h"
#include "app/remote/event_stream.h"
#include "app/remote/fetch_json.h"
#include "app/remote/url.h"

namespace app::remote {

namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr int kMostAttempts = 3;
constexpr std::chrono::seconds kLongestWait = 30s;
constexpr std::size_t kMostModels = 10'000, kMostPlainBytes = std::size_t{16} << 20;

HttpRequest requestTo(const ApiServer& server, const std::string& path) {
  HttpRequest request;
  request.url = server.url + path;
  request.token = server.key;
  request.timeouts.stall = server.patience;
  request.redirects = Redirects::SameHost;
  return request;
}

std::string bodyOf(const ApiQuestion& question, bool withProbabilities) {
  const bool isChat = question.dialect == ApiDialect::Chat;
  Json json = {{"model", question.model}, {"stream", true},        {"temperature", question.temperature},
               {"top_p", question.topP},  {"seed", question.seed}, {"max_tokens", question.maxTokens}};
  if (isChat) {
    Json& messages = json["messages"] = Json::array();
    for (const ApiMessage& message : question.messages)
      messages.push_back({{"role", message.role}, {"content", message.content}});
  } else {
    json["prompt"] = question.text;
  }
  if (withProbabilities && question.topTokens > 0) {
    json["logprobs"] = isChat ? Json(true) : Json(question.topTokens);
    if (isChat) json["top_logprobs"] = question.topTokens;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void waitFor(std::chrono::milliseconds time, const core::JobContext& job) {
  for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
    job.throwIfCancelled();
    std::this_thread::sleep_for(20ms);
  }
}

/// A server may repeat the key in its complaint about it; nobody else is to read it.
[[noreturn]] void rethrowWithout(const std::string& key, const RemoteError& error) {
  std::string sentence = error.what();
  for (auto at = sentence.find(key); !key.empty() && at != std::string::npos; at = sentence.find(key, at))
    sentence.replace(at, key.size(), "…");
  throw RemoteError(error.fault(), sentence, error.status(), error.retryAfter());
}

ApiEnd askOnce(HttpClient& client, const HttpRequest& request, ApiAnswer& answer, const core::JobContext& job) {
  EventStream events([&](const EventStream::Event& event) { answer.read(event.data); }, hostOf(request.url));
  std::string plain;
  bool isPlain = false;
  const HttpReceiver receiver{
      [&](const HttpHead& head) { isPlain = head.find("content-type").value_or("").starts_with("application/json"); },
      [&](std::string_view piece) {
        if (!isPlain) return events.feed(piece);
        if (plain.size() + piece.size() > kMostPlainBytes)
          throw RemoteError(RemoteFault::Answer, fmt::format("The answer of {} is too long.", hostOf(request.url)));
        plain += piece;
      }};
  client.send(request, receiver, job);
  if (isPlain) answer.read(plain);
  if (!answer.end())
    throw RemoteError(RemoteFault::Cut,
                      fmt::format("The server {} broke off in the middle of its answer.", hostOf(request.url)));
  return *answer.end();
}

}  // namespace

std::string apiUrlOf(const std::string& typed) {
  std::string text = typed;
  while (!text.empty() && (text.back() == '/' || text.back() == ' ')) text.pop_back();
  while (!text.empty() && text.front() == ' ') text.erase(0, 1);
  for (const std::string_view end : {"/chat/completions", "/completions", "/models"})
    if (text.ends_with(end)) text.erase(text.size() - end.size());
  if (text.find("://") == std::string::npos) text = "http://" + text;
  const std::size_t host = text.find("://") + 3;
  const std::size_t path = text.find('/', host);
  if (path == host || text.size() == host)
    throw RemoteError(RemoteFault::Address, "The address of a server should have a host, such as localhost:8080.");
  if (text.substr(host, path - host).find('@') != std::string::npos || text.find_first_of("?#") != std::string::npos)
    throw RemoteError(RemoteFault::Address,
                      "The address of a server should have no name, password or question in it: they are kept in "
                      "settings, which a key is not.");
  if (path == std::string::npos) text += "/v1";
  return Url(text).text();
}

std::vector<std::string> listModels(HttpClient& client, const ApiServer& server, const core::JobContext& job) {
  try {
    const core::io::JsonTree tree = fetchJson(client, requestTo(server, "/models"), job);
    const core::io::JsonTree* const list = tree.find("data");
    if (list == nullptr || list->container != core::io::JsonContainer::Array)
      throw RemoteError(RemoteFault::Answer,
                        fmt::format("The server {} has no list of models as OpenAI's API has it.", hostOf(server.url)));
    std::vector<std::string> names;
    for (const auto& child : list->children)
      if (auto name = child.second.text("id"); name && names.size() < kMostModels) names.push_back(std::move(*name));
    return names;
  } catch (const RemoteError& error) {
    rethrowWithout(server.key, error);
  }
}

ApiEnd ask(HttpClient& client, const ApiServer& server, const ApiQuestion& question,
           const std::function<void(const ApiToken&)>& onToken, const core::JobContext& job) {
  HttpRequest request = requestTo(server, question.dialect == ApiDialect::Chat ? "/chat/completions" : "/completions");
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "text/event-stream"}};
  request.body = bodyOf(question, true);
  bool withProbabilities = question.topTokens > 0;
  for (int attempt = 1;;) {
    ApiAnswer answer(request.url, onToken);
    try {
      return askOnce(client, request, answer, job);
    } catch (const RemoteError& error) {
      if (answer.hasBegun()) rethrowWithout(server.key, error);
      if (withProbabilities && (error.status() == 400 || error.status() == 422 || error.status() == 501)) {
        withProbabilities = false;
        request.body = bodyOf(question, false);
        continue;
      }
      const auto wait = error.retryAfter().value_or(std::chrono::seconds(attempt));
      const bool passes = error.isPassing() && error.fault() != RemoteFault::TimedOut;
      if (!passes || attempt == kMostAttempts || wait > kLongestWait) rethrowWithout(server.key, error);
      ++attempt;
      waitFor(wait, job);
    }
  }
}

}  // namespace app::remote
