#include "app/remote/ollama_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/remote/content_digest.h"
#include "app/remote/fetch_json.h"
#include "app/remote/model_fit.h"
#include "app/remote/ollama_blobs.h"
#include "app/session/model_location.h"
#include "core/base/error.h"
#include "core/io/ollama_store.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace {

using core::io::inQuotes;

constexpr std::string_view kAlgorithm = "sha256:";
constexpr std::string_view kModelType = "application/vnd.ollama.image.model";
constexpr const char* kManifestType = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::size_t kMostManifestBytes = std::size_t{1} << 20;
constexpr std::size_t kLongestPart = 80, kLongestHost = 350;

/// As ollama/types/model/name.go has it: letters, digits and "_" first, then "-" too, "." but in a namespace, and ":"
/// in a host.
bool isPart(std::string_view text, std::string_view extra, std::size_t longest) {
  const auto isWord = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.size() <= longest && isWord(text.front()) && std::ranges::all_of(text, [&](char c) {
    return isWord(c) || c == '-' || extra.find(c) != std::string_view::npos;
  });
}

/// What stands behind the last mark, taken off the text; the whole text where there is no mark.
std::string takeLast(std::string& text, char mark) {
  const std::size_t at = text.rfind(mark);
  std::string last = at == std::string::npos ? text : text.substr(at + 1);
  text.erase(at == std::string::npos ? 0 : at);
  return last;
}

RemoteFile fileOf(const core::io::OllamaLayer& layer) {
  return {layer.digest, layer.size, layer.digest.substr(kAlgorithm.size())};
}

/// The layers of a manifest and, behind them, its settings: {"config": {"digest": …, "size": …}}, which Ollama keeps as
/// a blob, too.
std::vector<RemoteFile> filesIn(const std::string& manifest, const std::string& url) {
  std::vector<RemoteFile> files;
  const auto bytes = std::as_bytes(std::span(manifest));
  for (const auto& layer : core::io::readOllamaManifest(bytes, "The manifest on " + hostOf(url)))
    files.push_back(fileOf(layer));
  const core::io::JsonTree tree = parseJson(manifest, url);
  const core::io::JsonTree* const config = tree.find("config");
  const std::string digest = config == nullptr ? "" : config->text("digest").value_or("");
  if (digest.empty()) return files;
  if (!digest.starts_with(kAlgorithm) || !isSha256(std::string_view(digest).substr(kAlgorithm.size())))
    throw RemoteError(RemoteFault::Answer, fmt::format("The manifest on {} names settings by {}, which is no digest.",
                                                       hostOf(url), inQuotes(digest)));
  files.push_back(fileOf({"", digest, config->number("size").value_or(0)}));
  return files;
}

std::uint64_t modelBytesIn(const std::string& manifest, const std::string& url) {
  std::uint64_t bytes = 0;
  for (const auto& layer :
       core::io::readOllamaManifest(std::as_bytes(std::span(manifest)), "The manifest on " + hostOf(url))) {
    if (layer.mediaType == kModelType) bytes += layer.size;
  }
  if (bytes == 0)
    throw core::Error(core::ErrorCode::Unsupported, "This Ollama model names no GGUF file: it cannot be opened here.");
  return bytes;
}

[[noreturn]] void throwAbout(const OllamaName& name, const RemoteError& error) {
  const std::string who = inQuotes(name.toString()), host = hostOf(name.url("manifests", name.tag));
  if (error.fault() == RemoteFault::NotFound)
    throw RemoteError(error.fault(), fmt::format("{} has no model {}.", host, who), error.status());
  if (error.fault() == RemoteFault::Unauthorized || error.fault() == RemoteFault::Forbidden)
    throw RemoteError(
        error.fault(),
        fmt::format("{} does not give {} to everybody; ollama pull gets it with your key, if you have one.", host, who),
        error.status());
  throw RemoteError(error);
}

}  // namespace

std::string OllamaName::toString() const {
  const OllamaName usual;
  std::string text = model + ":" + tag;
  if (space != usual.space || host != usual.host) text = space + "/" + text;
  if (host != usual.host) text = host + "/" + text;
  return scheme == usual.scheme ? text : scheme + "://" + text;
}

std::string OllamaName::url(std::string_view kind, std::string_view what) const {
  return fmt::format("{}://{}/v2/{}/{}/{}/{}", scheme, host, space, model, kind, what);
}

OllamaName parseOllamaName(std::string_view name) {
  const std::string_view prefix = kOllamaPrefix;
  std::string rest(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
  OllamaName parsed;
  const std::size_t colon = rest.rfind(':'), slash = rest.rfind('/');
  if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) parsed.tag = takeLast(rest, ':');
  parsed.model = takeLast(rest, '/');
  if (!rest.empty()) parsed.space = takeLast(rest, '/');
  if (const std::size_t scheme = rest.find("://"); scheme != std::string::npos) {
    parsed.scheme = rest.substr(0, scheme);
    rest.erase(0, scheme + 3);
  }
  if (!rest.empty()) parsed.host = rest;
  if ((parsed.scheme != "https" && parsed.scheme != "http") || !isPart(parsed.host, ".:", kLongestHost) ||
      !isPart(parsed.space, "", kLongestPart) || !isPart(parsed.model, ".", kLongestPart) ||
      !isPart(parsed.tag, ".", kLongestPart))
    throw core::Error(core::ErrorCode::InvalidArgument,
                      fmt::format("{} is no name of an Ollama model; expected NAME or NAME:TAG, NAMESPACE/NAME, "
                                  "HOST/NAMESPACE/NAME.",
                                  inQuotes(name)));
  return parsed;
}

RemoteModel listOllama(const OllamaName& name, const core::JobContext& job, const Patience& patience) {
  HttpClient client;
  HttpRequest request;
  request.url = name.url("manifests", name.tag);
  request.headers.push_back({"Accept", kManifestType});
  request.timeouts = patience.timeouts;
  job.progress(0, "asking " + hostOf(request.url));
  RemoteModel model{.name = kOllamaPrefix + name.toString(),
                    .server = hostOf(request.url),
                    .commit = {},
                    .variants = {},
                    .manifest = {}};
  try {
    insist(patience, job, {}, [&] { model.manifest = client.text(request, kMostManifestBytes, job); });
  } catch (const RemoteError& error) {
    throwAbout(name, error);
  }
  RemoteVariant variant{.name = name.tag,
                        .title = name.tag + " · Ollama",
                        .source = model.name,
                        .files = filesIn(model.manifest, request.url),
                        .fit = {}};
  for (const RemoteFile& file : variant.files) variant.bytes += file.bytes;
  variant.weightBytes = modelBytesIn(model.manifest, request.url);
  const OllamaBlobs blobs(ollamaStoreToFill());
  variant.fit = fitOf(variant, 0, blobs.store(), blobs.missingBytes(variant.files));
  model.variants.push_back(std::move(variant));
  return model;
}

GotModel getOllama(const OllamaName& name, const RemoteModel& listed, const core::JobContext& job,
                   const Patience& patience) {
  const RemoteVariant& variant = listed.variants.at(0);
  const OllamaBlobs blobs(ollamaStoreToFill());
  GotModel got{.path = {}, .source = listed.name, .files = {}, .bytes = variant.bytes};
  got.downloadedBytes = blobs.get(
      variant.files, [&](const RemoteFile& file) { return name.url("blobs", file.path); }, patience, job);
  for (const RemoteFile& file : variant.files) got.files.push_back(blobs.blob(file));
  got.path = blobs.writeManifest({name.host, name.space, name.model, name.tag}, listed.manifest);
  return got;
}

}  // namespace app::remote
