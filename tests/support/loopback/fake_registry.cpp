#include "loopback/fake_registry.h"

#include "loopback/digests.h"

namespace support {

namespace {

std::string entryOf(const std::string& mediaType, const std::string& content) {
  return R"({"mediaType":")" + mediaType + R"(","digest":"sha256:)" + sha256(content) + R"(","size":)" +
         std::to_string(content.size()) + "}";
}

}  // namespace

FakeRegistry::FakeRegistry(std::string model, std::string tag, std::vector<Layer> content)
    : layers(std::move(content)),
      m_model(std::move(model)),
      m_tag(std::move(tag)),
      m_server([this](const LoopbackRequest& request) {
        LoopbackReply reply = answer(request);
        if (fault) fault(request, reply);
        return reply;
      }) {}

std::string FakeRegistry::manifest() const {
  std::string entries;
  for (const Layer& layer : layers)
    entries += (entries.empty() ? "" : ",") + entryOf("application/vnd.ollama.image." + layer.type, layer.content);
  return R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":)" +
         entryOf("application/vnd.docker.container.image.v1+json", kConfig) + R"(,"layers":[)" + entries + "]}";
}

LoopbackReply FakeRegistry::answer(const LoopbackRequest& request) const {
  const std::string begin = "/v2/" + m_model;
  if (request.target == begin + "/manifests/" + m_tag) {
    LoopbackReply reply;
    reply.headers = {{"Content-Type", "application/vnd.docker.distribution.manifest.v2+json"}};
    reply.body = manifest();
    return reply;
  }
  if (request.target == begin + "/blobs/sha256:" + sha256(kConfig)) return contentReply(request, kConfig);
  for (const Layer& layer : layers) {
    if (request.target == begin + "/blobs/sha256:" + sha256(layer.content)) return contentReply(request, layer.content);
  }
  LoopbackReply missing;
  missing.status = 404;
  missing.body = R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})";
  return missing;
}

}  // namespace support
