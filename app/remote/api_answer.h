#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/remote/api_server.h"
#include "core/io/json_tree.h"

namespace app::remote {

/// Reads the answer to an ApiQuestion: events of a stream, or one object from a server that does not stream.
/// Source: OpenAI's API reference, "Chat completion chunk object", "Completion object"; reasoning_content as vLLM,
/// llama.cpp and DeepSeek have it, reasoning as Ollama and OpenRouter.
class ApiAnswer {
 public:
  ApiAnswer(std::string url, std::function<void(const ApiToken&)> onToken)
      : m_url(std::move(url)), m_onToken(std::move(onToken)) {}

  /// The data of one event. @throws RemoteError (Answer) for what is no piece of an answer, (Server) for an error in it
  void read(std::string_view json);
  bool hasBegun() const { return m_hasBegun; }
  /// Nothing while it has not ended.
  std::optional<ApiEnd> end() const { return m_end; }

 private:
  void readChoice(const core::io::JsonTree& choice);
  void say(const std::string& text, bool isThought, const core::io::JsonTree* probabilities);
  void give(ApiToken token);

  std::string m_url;
  std::function<void(const ApiToken&)> m_onToken;
  bool m_hasBegun = false;
  std::optional<ApiEnd> m_end;
};

}  // namespace app::remote
