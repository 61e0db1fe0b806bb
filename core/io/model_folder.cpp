#include "core/io/model_folder.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/io/hugging_face_cache.h"
#include "core/io/list_folder.h"
#include "core/io/ollama_store.h"
#include "core/io/sharded_model.h"
#include "core/io/split_name.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace fs = std::filesystem;

namespace {

bool mayHoldModel(const fs::path& folder) {
  try {
    return repositoryName(folder) || !filesEndingIn(folder, ".safetensors").empty() ||
           !filesEndingIn(folder, ".gguf").empty();
  } catch (const Error&) {
    return false;  // a folder nobody may list
  }
}

/// What programs that download leave: in the folder, or where the cache keeps the files of its snapshots.
bool hasUnfinished(const fs::path& folder) {
  std::vector<fs::path> places{folder};
  if (repositoryName(folder)) places.push_back(folder.parent_path().parent_path() / "blobs");
  for (const fs::path& place : places) {
    std::error_code ignored;
    if (!fs::is_directory(place, ignored)) continue;
    for (const char* ending : {".incomplete", ".part", ".partial", "-partial", ".crdownload", ".download", ".aria2"})
      if (!filesEndingIn(place, ending).empty()) return true;
  }
  return false;
}

/// What a folder without a model holds instead, in the order of what helps most.
std::string instead(const fs::path& folder) {
  struct Kind {
    std::string_view ending, description;
  };
  constexpr Kind kKinds[] = {
      {".bin", "PyTorch or other .bin files, which have to be converted to safetensors"},
      {".pt", "PyTorch files, which have to be converted to safetensors"},
      {".pth", "PyTorch files, which have to be converted to safetensors"},
      {".ckpt", "PyTorch files, which have to be converted to safetensors"},
      {".onnx", "ONNX models, which are not supported"},
      {".npz", "NumPy archives, which have to be converted to safetensors"},
      {".npy", "NumPy arrays, which have to be converted to safetensors"},
      {".h5", "Keras files, which have to be converted to safetensors"},
      {".msgpack", "Flax files, which have to be converted to safetensors"},
      {".tflite", "TensorFlow Lite models, which are not supported"},
  };
  for (const Kind& kind : kKinds) {
    if (!filesEndingIn(folder, kind.ending).empty()) return fmt::format(", found only {}", kind.description);
  }
  if (hasUnfinished(folder)) return ", found only an unfinished download";
  std::vector<fs::path> models;
  for (const fs::path& sub : subfoldersOf(folder)) {
    if (mayHoldModel(sub)) models.push_back(sub);
  }
  return models.empty() ? "" : ", found folders that may hold one; open one of them: " + quotedNames(models);
}

[[noreturn]] void throwNoModel(const fs::path& folder) {
  throw Error(ErrorCode::NotFound,
              fmt::format("The folder {} holds no model: expected a *.gguf or *.safetensors file or "
                          "a *.safetensors.index.json{}.",
                          inQuotes(folder.string()), instead(folder)));
}

/// One path per model: the parts of a split model count as one, an image encoder beside a model not at all.
std::vector<fs::path> distinctModels(const std::vector<fs::path>& files) {
  std::vector<fs::path> models;
  std::vector<SplitName> splits;
  for (const fs::path& file : files) {
    if (const auto name = parseSplitName(file)) {
      bool isKnown = false;
      for (const SplitName& other : splits) isKnown = isKnown || other.isSameModel(*name);
      if (isKnown) continue;
      splits.push_back(*name);
    }
    models.push_back(file);
  }
  if (models.size() > 1) {
    std::vector<fs::path> others;
    for (const fs::path& model : models) {
      if (model.filename().string().find("mmproj") == std::string::npos) others.push_back(model);
    }
    if (others.size() == 1) return others;
  }
  return models;
}

std::shared_ptr<const Checkpoint> openOnly(const fs::path& folder, const JobContext& job, Found found) {
  for (const char* ending : {".safetensors.index.json", ".safetensors", ".gguf"}) {
    const auto files = distinctModels(filesEndingIn(folder, ending));
    if (files.empty()) continue;
    if (files.size() > 1) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("The folder {} holds {} *{} files; open one of them: {}.", inQuotes(folder.string()),
                              files.size(), ending, quotedNames(files)));
    }
    if (files.front().string().ends_with(".index.json")) return openIndexOrShards(files.front(), job, std::move(found));
    return openPath(files.front(), job, std::move(found));
  }
  throwNoModel(folder);
}

}  // namespace

std::shared_ptr<const Checkpoint> openFolder(const fs::path& folder, const JobContext& job, Found found) {
  if (found.name.empty()) found.name = repositoryName(folder).value_or("");
  if (const auto snapshot = cachedSnapshot(folder)) return openFolder(*snapshot, job, std::move(found));
  if (const auto store = ollamaStoreIn(folder)) return openOnlyModel(*store, job);
  std::error_code ignored;
  if (fs::exists(folder / "model.safetensors", ignored)) {
    return openPath(folder / "model.safetensors", job, std::move(found));
  }
  const auto index = folder / "model.safetensors.index.json";
  if (fs::exists(index, ignored)) return openIndexOrShards(index, job, std::move(found));
  return openOnly(folder, job, std::move(found));
}

std::string modelNameOf(const fs::path& folder) {
  if (auto name = repositoryName(folder)) return *name;
  std::error_code ignored;
  auto absolute = fs::absolute(folder, ignored).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return absolute.filename().string();
}

}  // namespace core::io
