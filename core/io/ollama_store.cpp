#include "core/io/ollama_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/io/config_json.h"
#include "core/io/list_folder.h"
#include "core/io/mapped_file.h"
#include "core/io/split_gguf.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kHost = "registry.ollama.ai", kNamespace = "library", kTag = "latest";
constexpr std::string_view kType = "application/vnd.ollama.image.";
constexpr std::size_t kMaxLevels = 8;  // between a manifest and its store
constexpr std::size_t kMostModels = 1000;

bool isFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// A part of a model's name becomes a part of a path.
bool isPlainName(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.size() < 256 &&
         part.find_first_of(std::string_view("/\\:\0", 4)) == std::string_view::npos;
}

/// A host may say its port.
bool isPlainHost(std::string_view host) {
  const std::string_view port = host.substr(std::min(host.find(':'), host.size()));
  return isPlainName(host.substr(0, host.size() - port.size())) && port.find_first_not_of("0123456789", 1) == port.npos;
}

fs::path storeOf(const fs::path& manifest, const std::string& source) {
  std::error_code ignored;
  fs::path folder = fs::absolute(manifest, ignored).lexically_normal().parent_path();
  for (std::size_t level = 0; level < kMaxLevels && folder.has_relative_path(); ++level) {
    if (isFolder(folder / "blobs")) return folder;
    folder = folder.parent_path();
  }
  throw Error(
      ErrorCode::NotFound,
      fmt::format("{}: this is the manifest of an Ollama model, but no folder above it holds the blobs.", source));
}

/// The short form of manifests/HOST/NAMESPACE/MODEL/TAG.
std::string nameOf(const fs::path& manifest, const fs::path& store) {
  std::error_code ignored;
  const fs::path path = fs::absolute(manifest, ignored).lexically_normal().lexically_relative(store / "manifests");
  std::string name;
  for (const fs::path& part : path.parent_path()) {
    const bool isDefault = name.empty() && (part == kHost || part == kNamespace);
    if (!isDefault) name += (name.empty() ? "" : "/") + part.string();
  }
  return name + ":" + path.filename().string();
}

std::vector<fs::path> manifestsOf(const fs::path& store) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(store / "manifests", error), end;
       !error && entry != end && found.size() < kMostModels; entry.increment(error)) {
    if (static_cast<std::size_t>(entry.depth()) > kMaxLevels) entry.disable_recursion_pending();
    std::error_code ignored;
    const bool isHidden = entry->path().filename().string().starts_with('.');
    if (!isHidden && entry->is_regular_file(ignored)) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string listed(const fs::path& store) {
  std::vector<std::string> names;
  for (const fs::path& manifest : manifestsOf(store)) names.push_back(nameOf(manifest, store));
  return names.empty() ? "it holds none" : "it holds " + quotedNames(names);
}

const OllamaLayer& modelLayer(const std::vector<OllamaLayer>& layers, const std::string& source) {
  const OllamaLayer* model = nullptr;
  for (const OllamaLayer& layer : layers) {
    if (layer.mediaType != std::string(kType) + "model") continue;
    if (model != nullptr) {
      throw Error(ErrorCode::Unsupported,
                  fmt::format("{}: this Ollama model consists of several files, which is not supported.", source));
    }
    model = &layer;
  }
  if (model == nullptr) {
    throw Error(ErrorCode::Unsupported,
                fmt::format("{}: this Ollama model names no GGUF file among its {} layers.", source, layers.size()));
  }
  return *model;
}

fs::path blobPath(const fs::path& store, const OllamaLayer& layer) {
  std::string file = layer.digest;
  file.replace(file.find(':'), 1, "-");
  return store / "blobs" / file;
}

/// Template, system message and parameters; those that cannot be read are left out, and that is said.
void addSettings(const std::vector<OllamaLayer>& layers, const fs::path& store, Found& found) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20;
  auto arrays = std::make_shared<EncodedArrays>();
  for (const OllamaLayer& layer : layers) {
    const auto isA = [&](std::string_view kind) { return layer.mediaType == std::string(kType) + std::string(kind); };
    if (!isA("template") && !isA("system") && !isA("params")) continue;
    const std::string kind = layer.mediaType.substr(kType.size());
    try {
      const MappedFile file(blobPath(store, layer));
      const auto bytes = file.contents();
      if (bytes.size() > kMostBytes) throw Error(ErrorCode::InvalidFile, "It is too large.");
      const std::string key = std::string(kOllamaKeys) + kind;
      if (isA("params"))
        readConfigJson(bytes, found.metadata, *arrays, "its parameters", key);
      else
        found.metadata.add(key, escapeInvalidUtf8({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    } catch (const Error& error) {
      found.warnings.push_back(fmt::format("Ollama's {} of this model was left out. {}", kind, error.what()));
    }
  }
  found.arrays = std::move(arrays);
}

fs::path blobOf(const fs::path& store, const OllamaLayer& layer, const std::string& source) {
  fs::path blob = blobPath(store, layer);
  const std::string file = blob.filename().string();
  std::error_code error;
  if (!fs::exists(blob, error)) {
    throw Error(ErrorCode::NotFound, fmt::format("{}: the blob {} with the weights is missing; pull the model again.",
                                                 source, inQuotes(file)));
  }
  const auto size = fs::file_size(blob, error);
  if (!error && layer.size != 0 && size != layer.size) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: the blob {} should have {} bytes but has {}; pull the model again.", source,
                            inQuotes(file), layer.size, size));
  }
  return blob;
}

}  // namespace

fs::path ollamaManifest(const fs::path& store, std::string_view name) {
  std::string tag(kTag);
  std::string_view rest =
      name.substr(name.starts_with("http://") ? 7 : 0);  // as Ollama is told to do without encryption
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find('/', colon) == std::string_view::npos) {
    tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  }
  std::vector<std::string> parts;
  for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    parts.emplace_back(rest.substr(0, slash));
    rest.remove_prefix(slash + 1);
  }
  parts.emplace_back(rest);
  if (parts.size() == 1) parts.insert(parts.begin(), std::string(kNamespace));
  if (parts.size() == 2) parts.insert(parts.begin(), std::string(kHost));
  fs::path manifest = store / "manifests";
  for (const std::string& part : parts) manifest /= part;
  manifest /= tag;
  if (!isPlainName(tag) || !isPlainHost(parts.front()) || !std::all_of(parts.begin() + 1, parts.end(), isPlainName)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} is no name of an Ollama model; expected NAME or NAME:TAG.", inQuotes(name)));
  }
  std::error_code ignored;
  if (fs::is_regular_file(manifest, ignored)) return manifest;
  throw Error(ErrorCode::NotFound, fmt::format("The Ollama store {} has no model {}; {}.", inQuotes(store.string()),
                                               inQuotes(name), listed(store)));
}

std::shared_ptr<const Checkpoint> openOllamaManifest(const fs::path& manifest, const JobContext& job) {
  const std::string source = inQuotes(manifest.filename().string());
  const fs::path store = storeOf(manifest, source);
  std::vector<OllamaLayer> layers;
  {
    const MappedFile file(manifest);
    layers = readOllamaManifest(file.contents(), source);
  }
  Found found{nameOf(manifest, store)};
  for (const char* extra : {"adapter", "projector"}) {
    const bool isThere = std::any_of(layers.begin(), layers.end(), [&](const OllamaLayer& layer) {
      return layer.mediaType == std::string(kType) + extra;
    });
    if (isThere)
      found.warnings.push_back(fmt::format("The Ollama model also has a layer of type {}, which is left out.", extra));
  }
  addSettings(layers, store, found);
  const fs::path blob = blobOf(store, modelLayer(layers, source), source);
  return openGguf(blob, mapFile(blob), job, std::move(found));  // never another manifest, which could name itself
}

std::optional<fs::path> ollamaStoreIn(const fs::path& folder) {
  for (const fs::path& store : {folder, folder / "models"}) {
    if (isFolder(store / "manifests") && isFolder(store / "blobs")) return store;
  }
  return std::nullopt;
}

std::vector<OllamaModel> ollamaModels(const fs::path& store) {
  std::vector<OllamaModel> models;
  for (const fs::path& manifest : manifestsOf(store)) {
    const std::string name = nameOf(manifest, store);
    try {
      const MappedFile file(manifest);
      models.push_back({name, modelLayer(readOllamaManifest(file.contents(), name), name).size, manifest});
    } catch (const Error&) {
      // Opening it by name says what is wrong with it.
    }
  }
  return models;
}

std::shared_ptr<const Checkpoint> openOnlyModel(const fs::path& store, const JobContext& job) {
  const auto manifests = manifestsOf(store);
  if (manifests.size() == 1) return openOllamaManifest(manifests.front(), job);
  throw Error(manifests.empty() ? ErrorCode::NotFound : ErrorCode::InvalidArgument,
              fmt::format("The Ollama store {} holds {} models; open one as ollama:NAME; {}.", inQuotes(store.string()),
                          manifests.size(), listed(store)));
}

}  // namespace core::io
