#include "app/session/model_places.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "app/session/environment.h"
#include "app/session/hugging_face_store.h"
#include "app/session/model_location.h"
#include "core/base/error.h"
#include "core/io/mapped_file.h"

namespace app {

namespace fs = std::filesystem;

namespace {

/// Of a settings file, which people may have damaged: then it says nothing.
constexpr std::size_t kMostSettingsBytes = 1U << 20U;

fs::path firstOf(std::initializer_list<fs::path> choices) {
  const auto found = std::ranges::find_if(choices, [](const fs::path& path) { return !path.empty(); });
  return found == choices.end() ? fs::path() : *found;
}

fs::path underIfSet(const fs::path& base, const char* inside) { return base.empty() ? fs::path() : base / inside; }

std::optional<std::string> smallFile(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  try {
    const core::io::MappedFile file(path);
    const auto bytes = file.contents();
    if (bytes.size() > kMostSettingsBytes) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

/// The folder that a text setting names.
fs::path settingOf(const fs::path& file, const char* key) {
  const auto text = smallFile(file);
  if (!text) return {};
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return {};
  const auto setting = json.find(key);
  return setting != json.end() && setting->is_string() ? fs::path(setting->get<std::string>()) : fs::path();
}

fs::path lmStudioHome(const fs::path& home) {
  auto pointer = smallFile(home / ".lmstudio-home-pointer").value_or("");
  pointer.erase(std::min(pointer.find_first_of("\r\n"), pointer.size()));
  std::error_code error;
  if (!pointer.empty() && fs::is_directory(pointer, error)) return pointer;
  return home / ".lmstudio";
}

void addLmStudio(const fs::path& home, std::vector<ModelPlaces::Tree>& trees) {
  const fs::path own = lmStudioHome(home);
  const fs::path chosen = settingOf(own / "settings.json", "downloadsFolder");
  trees.push_back({"LM Studio", chosen.empty() ? own / "models" : chosen});
  trees.push_back({"LM Studio", home / ".cache" / "lm-studio" / "models"});  // before version 0.3.6
}

void addJan(const fs::path& home, std::vector<ModelPlaces::Tree>& trees) {
  const fs::path data = firstOf({environmentVariable("XDG_DATA_HOME"), home / ".local" / "share"}) / "Jan";
  const fs::path config = firstOf({environmentVariable("XDG_CONFIG_HOME"), home / ".config"}) / "Jan";
  const fs::path folder =
      firstOf({environmentVariable("JAN_DATA_FOLDER"), settingOf(data / "settings.json", "data_folder"),
               settingOf(config / "settings.json", "data_folder"), data / "data"});
  // The engine's folder, and that of versions before 0.6.6; some of those kept their data beside their settings.
  for (const fs::path& root : {folder, config / "data"})
    for (const char* inside : {"llamacpp/models", "models"}) trees.push_back({"Jan", root / inside});
}

}  // namespace

ModelPlaces ModelPlaces::ofThisUser() {
  ModelPlaces places;
  const fs::path home = environmentVariable("HOME");
  if (const auto store = ollamaStore()) places.ollama = *store;
  const fs::path cache = firstOf({environmentVariable("XDG_CACHE_HOME"), underIfSet(home, ".cache")});
  try {
    places.huggingFaceHub = hubCacheFolder();
  } catch (const core::Error&) {
    // There is not even a home folder, then.
  }
  if (const std::string chosen = environmentVariable("LLAMA_CACHE"); !chosen.empty() || !cache.empty())
    places.trees.push_back({"llama.cpp", chosen.empty() ? cache / "llama.cpp" : fs::path(chosen)});
  if (home.empty()) return places;
  addLmStudio(home, places.trees);
  addJan(home, places.trees);
  return places;
}

}  // namespace app
