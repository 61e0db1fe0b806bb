#pragma once
#include <QString>
#include <optional>
#include <string>

namespace app {

/// A model of a server with OpenAI's API, as what runs in a pane. Its key is elsewhere (server_keys).
struct ServerChoice {
  std::string url, model;
  bool operator==(const ServerChoice&) const = default;

  /// One word without "@" and "|", for links and for what is remembered.
  std::string toString() const;
  /// Nothing for a text that is none.
  static std::optional<ServerChoice> parse(const std::string& text);
};

/// "qwen3 · localhost:8080"
QString titleOf(const ServerChoice& server);

}  // namespace app
