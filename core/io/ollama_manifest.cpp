#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/io/json_reader.h"
#include "core/io/ollama_store.h"
#include "core/io/sniff.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxDepth = 16;

std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Collects {"layers": [{…}, …]}; everything else is passed over.
class ManifestVisitor final : public JsonVisitor {
 public:
  explicit ManifestVisitor(std::string_view source) : m_source(source) {}
  bool hasLayers() const { return m_hasLayers; }
  std::vector<OllamaLayer> take() { return std::move(m_layers); }

  void onBegin(JsonContainer container) override {
    const bool isArray = container == JsonContainer::Array;
    if (m_depth == 1 && m_section == "layers") {
      if (!isArray) fail("expected \"layers\" to be an array");
      m_hasLayers = true;
    }
    if (m_depth == 2 && isInLayers()) {
      if (isArray) fail("expected every layer to be an object");
      m_layers.emplace_back();
    }
    ++m_depth;
  }

  void onEnd(JsonContainer /*container*/) override {
    --m_depth;
    if (m_depth == 2 && isInLayers()) checkDigest(m_layers.back());
  }

  void onKey(std::string key) override {
    if (m_depth == 1)
      m_section = std::move(key);
    else if (m_depth == 3)
      m_key = std::move(key);
  }

  void onScalar(JsonScalar value) override {
    if (m_depth == 2 && isInLayers()) fail("expected every layer to be an object");
    if (m_depth != 3 || !isInLayers()) return;
    OllamaLayer& layer = m_layers.back();
    auto* const text = std::get_if<std::string>(&value);
    if (m_key == "mediaType" && text != nullptr) layer.mediaType = std::move(*text);
    if (m_key == "digest" && text != nullptr) layer.digest = std::move(*text);
    if (const auto* size = std::get_if<std::uint64_t>(&value); m_key == "size" && size != nullptr) layer.size = *size;
  }

 private:
  bool isInLayers() const { return m_hasLayers && m_section == "layers"; }

  void checkDigest(const OllamaLayer& layer) const {
    constexpr std::string_view kAlgorithm = "sha256:";
    constexpr std::size_t kDigits = 64;
    const bool isDigest = layer.digest.size() == kAlgorithm.size() + kDigits && layer.digest.starts_with(kAlgorithm) &&
                          std::all_of(layer.digest.begin() + kAlgorithm.size(), layer.digest.end(),
                                      [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (!isDigest) {
      fail(fmt::format("expected a digest \"sha256:\" and 64 digits for a layer but found {}", inQuotes(layer.digest)));
    }
  }

  [[noreturn]] void fail(std::string_view detail) const {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", m_source, detail));
  }

  std::string_view m_source;
  std::size_t m_depth = 0;
  bool m_hasLayers = false;
  std::string m_section, m_key;
  std::vector<OllamaLayer> m_layers;
};

}  // namespace

bool looksLikeOllamaManifest(std::span<const std::byte> bytes) {
  const std::string_view text = textOf(bytes.first(std::min(bytes.size(), kMaxBytes)));
  return text.find("\"layers\"") != std::string_view::npos &&
         text.find("application/vnd.ollama.image.") != std::string_view::npos;
}

std::vector<OllamaLayer> readOllamaManifest(std::span<const std::byte> bytes, std::string_view source) {
  throwIfForeign(bytes, source, "the manifest of an Ollama model");
  if (bytes.size() > kMaxBytes) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: expected at most {} bytes of JSON but found {}.", source, kMaxBytes, bytes.size()));
  }
  ManifestVisitor visitor(source);
  readJson(textOf(bytes), visitor, source, kMaxDepth);
  if (!visitor.hasLayers()) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: expected the manifest of an Ollama model, but it names no layers.", source));
  }
  return visitor.take();
}

}  // namespace core::io
