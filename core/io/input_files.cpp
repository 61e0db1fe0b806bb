#include "core/io/input_files.h"

#include <sys/stat.h>

#include <set>
#include <utility>

namespace core::io {

namespace {

/// What else a folder holds beside its weights.
constexpr const char* kOwnFiles[] = {"config.json", "adapter_config.json", "quantize_config.json", "params.json",
                                     "model.safetensors.index.json"};

}  // namespace

void InputFiles::add(const Checkpoint& checkpoint) {
  std::set<std::filesystem::path> folders;
  for (const auto& file : checkpoint.files()) {
    add(file, checkpoint.files().size() == 1 ? "the model itself" : "a part of the model itself");
    folders.insert(file.parent_path());
  }
  if (checkpoint.format() != FileFormat::Safetensors) return;
  for (const auto& folder : folders) {
    for (const char* name : kOwnFiles) add(folder / name, "a file of the model itself");
    for (const char* name : kCarriedFiles) add(folder / name, "a file of the model itself");
  }
}

void InputFiles::add(const std::filesystem::path& path, std::string what) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) m_entries.push_back({status.st_dev, status.st_ino, std::move(what)});
}

std::optional<std::string> InputFiles::find(dev_t device, ino_t inode) const {
  for (const Entry& entry : m_entries) {
    if (entry.device == device && entry.inode == inode) return entry.what;
  }
  return std::nullopt;
}

}  // namespace core::io
