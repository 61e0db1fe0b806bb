#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/remote/http_client.h"

namespace app::remote {

/// A server with OpenAI's API: vLLM, llama.cpp's, Ollama, LM Studio, and many that are sold.
struct ApiServer {
  std::string url;  ///< what the API's paths are put behind: "http://127.0.0.1:8080/v1"
  std::string key;  ///< may be empty
  /// Longest silence: a long prompt is read for a while before the first word.
  std::chrono::milliseconds patience = std::chrono::minutes(5);
};

/// What a person types as address, made one: with a scheme (http where there is none), and "/v1" where there is no
/// path.
/// @throws RemoteError (Address) also for one with a name and password in it: those belong into the key
std::string apiUrlOf(const std::string& typed);

struct ApiMessage {
  std::string role, content;
};

enum class ApiDialect : std::uint8_t {
  Chat,       ///< the server makes a prompt of messages
  Completion  ///< it continues a text
};

struct ApiQuestion {
  ApiDialect dialect = ApiDialect::Chat;
  std::string model;
  std::vector<ApiMessage> messages;  ///< of a chat
  std::string text;                  ///< to continue
  double temperature = 0, topP = 1;
  std::uint64_t seed = 0;
  std::uint32_t maxTokens = 128;
  std::uint32_t topTokens = 20;  ///< whose log-probabilities are asked for at every place; 0: of none
};

/// A token that might have stood in a place. @see ApiToken
struct ApiAlternative {
  std::string bytes;  ///< what it stands for, not always UTF-8
  double logProbability = 0;
};

/// A piece of an answer: one token where the server gives log-probabilities, else what it sent at once.
struct ApiToken {
  std::string text;        ///< that became visible
  bool isThought = false;  ///< the server tells it apart from the answer
  std::optional<ApiAlternative> own;
  std::vector<ApiAlternative> top;  ///< as the server lists them, most probable first
};

enum class ApiEnd : std::uint8_t { Stop, Length };

/// The models a server says it has, in its order. @throws as HttpClient::send; RemoteError (Answer) for another list
std::vector<std::string> listModels(HttpClient& client, const ApiServer& server, const core::JobContext& job);

/// Asks, and hands over the answer piece by piece as it is written. What may pass (429, 5xx, a broken connection, but
/// no silence) is tried again, at most twice, after the time the server asks for, as long as nothing was answered; a
/// server that refuses log-probabilities is asked without. No sentence that is thrown has the key in it, whatever the
/// server says.
/// @throws as HttpClient::send; RemoteError (Cut) for an answer without an end, (Answer) for what is none
ApiEnd ask(HttpClient& client, const ApiServer& server, const ApiQuestion& question,
           const std::function<void(const ApiToken&)>& onToken, const core::JobContext& job);

}  // namespace app::remote
