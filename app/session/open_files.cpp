#include "app/session/open_files.h"

#include <mutex>
#include <vector>

namespace app {

namespace {

struct OpenModelFiles {
  std::weak_ptr<const core::io::Checkpoint> checkpoint;
  std::filesystem::path place;
};

std::mutex mutex;

std::vector<OpenModelFiles>& remembered() {
  static std::vector<OpenModelFiles> models;
  return models;
}

struct ReadFile {
  std::filesystem::path path;
  std::string what;
};

std::vector<ReadFile>& filesRead() {
  static std::vector<ReadFile> files;
  return files;
}

}  // namespace

void rememberRead(const std::filesystem::path& file, const std::string& what) {
  const std::lock_guard lock(mutex);
  std::erase_if(filesRead(), [&](const ReadFile& known) { return known.path == file; });
  filesRead().push_back({file, what});
}

void rememberOpen(const std::shared_ptr<const core::io::Checkpoint>& checkpoint, const std::filesystem::path& place) {
  const std::lock_guard lock(mutex);
  std::erase_if(remembered(), [](const OpenModelFiles& model) { return model.checkpoint.expired(); });
  remembered().push_back({checkpoint, place});
}

core::io::InputFiles openFiles() {
  const std::lock_guard lock(mutex);
  core::io::InputFiles files;
  for (const OpenModelFiles& model : remembered()) {
    const auto checkpoint = model.checkpoint.lock();
    if (!checkpoint) continue;
    files.add(*checkpoint);
    files.add(model.place, "the model itself");
  }
  for (const ReadFile& file : filesRead()) files.add(file.path, file.what);
  return files;
}

core::io::InputFiles inputsOf(const core::io::Checkpoint& source) {
  core::io::InputFiles files = openFiles();
  files.add(source);
  return files;
}

}  // namespace app
