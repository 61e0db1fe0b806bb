#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "loopback/loopback_server.h"

namespace support {

/// As much of Ollama's registry as a download needs: manifests by tag, blobs by digest with ranges. Source: what
/// ollama's server/images.go and server/download.go ask.
class FakeRegistry {
 public:
  struct Layer {
    std::string type, content;  ///< "model", "template", …
  };
  using Fault = std::function<void(const LoopbackRequest&, LoopbackReply&)>;

  /// @param model "NAMESPACE/MODEL"
  FakeRegistry(std::string model, std::string tag, std::vector<Layer> layers);

  const LoopbackServer& server() const { return m_server; }
  /// "http://127.0.0.1:PORT/NAMESPACE/MODEL:TAG"
  std::string name() const { return m_server.url() + "/" + m_model + ":" + m_tag; }
  std::string manifest() const;
  static constexpr const char* kConfig = R"({"model_format":"gguf","model_family":"llama"})";

  Fault fault;
  std::vector<Layer> layers;

 private:
  LoopbackReply answer(const LoopbackRequest& request) const;

  std::string m_model, m_tag;
  LoopbackServer m_server;
};

}  // namespace support
