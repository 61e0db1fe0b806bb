#include "app/session/found_models.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <system_error>

#include "app/session/model_location.h"
#include "core/base/error.h"
#include "core/io/hugging_face_cache.h"
#include "core/io/ollama_store.h"
#include "core/io/split_name.h"

namespace app {

namespace fs = std::filesystem;

namespace {

constexpr int kDeepest = 6;                      // below a place: publisher, repository, a folder of parts
constexpr std::size_t kMostListedFiles = 50000;  // of one tree

std::int64_t secondsOf(fs::file_time_type time) {
  const auto system = std::chrono::file_clock::to_sys(time);
  return std::chrono::duration_cast<std::chrono::seconds>(system.time_since_epoch()).count();
}

/// Of a file; links are followed, and one that leads nowhere has none.
struct Measured {
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;

  void add(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return;
    bytes += size;
    const auto time = fs::last_write_time(file, error);
    if (!error) modified = std::max(modified, secondsOf(time));
  }
};

/// The models of one folder, by the file or folder that opens them.
class Gathered {
 public:
  Gathered(std::string origin, fs::path root, std::vector<FoundModel>& found)
      : m_origin(std::move(origin)), m_root(std::move(root)), m_found(found) {}

  void add(const fs::path& file) {
    const fs::path ending = file.extension();
    const std::string name = file.filename().string();
    if (ending == ".gguf" && name.find("mmproj") == std::string::npos) addGguf(file);
    if (ending == ".safetensors") m_folders[file.parent_path()].add(file);
  }

  void finish() {
    for (const auto& [file, measured] : m_files) addModel(file, nameOfFile(file), measured);
    for (const auto& [folder, measured] : m_folders) addModel(folder, nameOfFolder(folder), measured);
  }

 private:
  /// Parts go to the first of them that is there.
  void addGguf(const fs::path& file) {
    fs::path whole = file;
    if (const auto part = core::io::parseSplitName(file)) {
      whole = m_parts.try_emplace(file.parent_path() / part->prefix, file).first->second;
      if (part->number == 1 && whole != file) {
        if (auto node = m_files.extract(whole)) node.key() = file, m_files.insert(std::move(node));
        whole = m_parts[file.parent_path() / part->prefix] = file;
      }
    }
    m_files[whole].add(file);
  }

  std::string nameOfFolder(const fs::path& folder) const {
    if (const auto repository = core::io::repositoryName(m_root)) {
      const fs::path inside = folder.lexically_relative(m_root);
      return inside == "." || inside.empty() ? *repository : *repository + "/" + inside.string();
    }
    const fs::path inside = folder.lexically_relative(m_root);
    return inside == "." ? folder.filename().string() : inside.string();
  }

  /// Jan calls every file model.gguf.
  std::string nameOfFile(const fs::path& file) const {
    std::string stem = file.stem().string();
    if (const auto part = core::io::parseSplitName(file)) stem = fs::path(part->prefix).filename().string();
    if (stem == "model" && file.parent_path() != m_root) return nameOfFolder(file.parent_path());
    if (const auto repository = core::io::repositoryName(m_root)) return *repository + "/" + stem;
    return stem;
  }

  void addModel(const fs::path& path, std::string name, const Measured& measured) {
    if (measured.bytes == 0) return;
    m_found.push_back({path.string(), std::move(name), m_origin, measured.bytes, measured.modified});
  }

  std::string m_origin;
  fs::path m_root;
  std::vector<FoundModel>& m_found;
  std::map<fs::path, Measured> m_files, m_folders;
  std::map<fs::path, fs::path> m_parts;
};

void searchTree(const std::string& origin, const fs::path& root, const core::JobContext& job,
                std::vector<FoundModel>& found) {
  Gathered models(origin, root, found);
  std::error_code error;
  const auto options = fs::directory_options::follow_directory_symlink | fs::directory_options::skip_permission_denied;
  std::set<fs::path> walked{fs::canonical(root, error)};  // links may lead back
  std::size_t seen = 0;
  for (fs::recursive_directory_iterator entry(root, options, error), end;
       !error && entry != end && seen < kMostListedFiles; entry.increment(error), ++seen) {
    job.throwIfCancelled();
    std::error_code ignored;
    const bool isHidden = entry->path().filename().string().starts_with('.');
    const bool isFolder = entry->is_directory(ignored);
    const bool isNew = !isFolder || walked.insert(fs::canonical(entry->path(), ignored)).second;
    if (entry.depth() >= kDeepest || isHidden || !isNew) entry.disable_recursion_pending();
    if (!isHidden && entry->is_regular_file(ignored)) models.add(entry->path());
  }
  models.finish();
}

/// The snapshot that opens, or of several of which none is current the newest.
fs::path snapshotOf(const fs::path& repository) {
  try {
    if (const auto current = core::io::cachedSnapshot(repository)) return *current;
  } catch (const core::Error&) {
    fs::path newest;
    fs::file_time_type time = fs::file_time_type::min();
    std::error_code error;
    for (fs::directory_iterator entry(repository / "snapshots", error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code ignored;
      const auto when = entry->last_write_time(ignored);
      if (!ignored && entry->is_directory(ignored) && when > time) time = when, newest = entry->path();
    }
    return newest;
  }
  return {};
}

void searchHub(const fs::path& hub, const core::JobContext& job, std::vector<FoundModel>& found) {
  std::error_code error;
  for (fs::directory_iterator entry(hub, error), end; !error && entry != end; entry.increment(error)) {
    job.throwIfCancelled();
    std::error_code ignored;
    if (!entry->path().filename().string().starts_with("models--") || !entry->is_directory(ignored)) continue;
    if (const fs::path snapshot = snapshotOf(entry->path()); !snapshot.empty())
      searchTree("Hugging Face", snapshot, job, found);
  }
}

void searchOllama(const fs::path& store, const core::JobContext& job, std::vector<FoundModel>& found) {
  if (store.empty()) return;
  job.throwIfCancelled();
  for (const core::io::OllamaModel& model : core::io::ollamaModels(store)) {
    std::error_code error;
    const auto time = fs::last_write_time(model.manifest, error);
    found.push_back({kOllamaPrefix + model.name, model.name, "Ollama", model.bytes, error ? 0 : secondsOf(time)});
  }
}

/// LM Studio's folder may hold links into the cache.
void leaveOutDoubles(std::vector<FoundModel>& found) {
  std::set<fs::path> seen;
  std::erase_if(found, [&](const FoundModel& model) {
    if (model.source.starts_with(kOllamaPrefix)) return false;
    std::error_code error;
    const fs::path real = fs::canonical(model.source, error);
    return !error && !seen.insert(real).second;
  });
}

}  // namespace

std::vector<FoundModel> findModels(const ModelPlaces& places, const core::JobContext& job) {
  std::vector<FoundModel> found;
  searchHub(places.huggingFaceHub, job, found);
  searchOllama(places.ollama, job, found);
  for (const ModelPlaces::Tree& tree : places.trees) searchTree(tree.origin, tree.folder, job, found);
  leaveOutDoubles(found);
  std::ranges::stable_sort(found, [](const FoundModel& a, const FoundModel& b) { return a.modified > b.modified; });
  return found;
}

}  // namespace app
