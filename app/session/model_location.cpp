#include "app/session/model_location.h"

#include <unistd.h>

#include <string_view>
#include <system_error>
#include <vector>

#include "app/session/demo_model.h"
#include "app/session/environment.h"
#include "app/session/hugging_face_store.h"
#include "core/base/error.h"
#include "core/io/ollama_store.h"

namespace app {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> ollamaStores() {
  if (const std::string chosen = environmentVariable("OLLAMA_MODELS"); !chosen.empty()) return {chosen};
  std::vector<fs::path> stores;
  if (const std::string home = environmentVariable("HOME"); !home.empty())
    stores.push_back(fs::path(home) / ".ollama" / "models");
  stores.emplace_back("/usr/share/ollama/.ollama/models");
  stores.emplace_back("/var/lib/ollama/models");
  return stores;
}

fs::path locateOllama(std::string_view name) {
  if (const auto store = ollamaStore()) return core::io::ollamaManifest(*store, name);
  std::string places;
  for (const fs::path& store : ollamaStores()) places += (places.empty() ? "" : ", ") + store.string();
  throw core::Error(core::ErrorCode::NotFound,
                    "There is no Ollama store; looked at " + places + " (OLLAMA_MODELS names another).");
}

}  // namespace

std::optional<fs::path> ollamaStore() {
  for (const fs::path& store : ollamaStores()) {
    if (core::io::ollamaStoreIn(store)) return store;
  }
  return std::nullopt;
}

fs::path ollamaStoreToFill() {
  const auto store = ollamaStore();
  if (store && ::access((*store / "blobs").c_str(), W_OK) == 0 && ::access((*store / "manifests").c_str(), W_OK) == 0)
    return *store;
  const std::vector<fs::path> stores = ollamaStores();
  if (environmentVariable("OLLAMA_MODELS").empty() && environmentVariable("HOME").empty())
    throw core::Error(core::ErrorCode::NotFound,
                      "There is no home folder for downloaded models; OLLAMA_MODELS can name another one.");
  return stores.front();
}

fs::path locateModel(const std::string& model) {
  if (model == kDemoName || model == kSmoothDemoName) return builtInModelPath(model);
  if (model.starts_with(kOllamaPrefix))
    return locateOllama(std::string_view(model).substr(std::string_view(kOllamaPrefix).size()));
  if (model.starts_with(kHubPrefix)) return locateHubModel(model);
  return model;
}

}  // namespace app
