#include "core/io/output_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/io/nameless_file.h"
#include "core/io/system_error.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace fs = std::filesystem;

namespace {

constexpr mode_t kNewFile = 0666, kNewFolder = 0777;

[[noreturn]] void refuseFolder(const fs::path& target, std::string_view reason,
                               ErrorCode code = ErrorCode::InvalidArgument) {
  throw Error(code, fmt::format("Could not write the folder {}: {}.", inQuotes(target.string()), reason));
}

/// What a folder holds that the job reads.
std::optional<std::string> inputIn(const fs::path& folder, const InputFiles& inputs) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    struct stat status {};
    if (::stat(entry->path().c_str(), &status) != 0) continue;
    if (auto what = inputs.find(status.st_dev, status.st_ino)) return what;
  }
  return std::nullopt;
}

void refuseExisting(const fs::path& target, const fs::path& place, const struct stat& status,
                    const InputFiles& inputs) {
  if (!S_ISDIR(status.st_mode)) {
    if (const auto what = inputs.find(status.st_dev, status.st_ino))
      refuseFolder(target, fmt::format("it is {}, which is being read; choose another name", *what));
    refuseFolder(target, "it is a file", ErrorCode::Io);
  }
  std::error_code error;
  const bool isEmpty = fs::is_empty(place, error);
  if (error) throwSystemError("write", target, error.value());
  if (isEmpty) return;
  if (const auto what = inputIn(place, inputs))
    refuseFolder(target, fmt::format("it holds {}, which is being read; choose another name", *what));
  refuseFolder(target, "it is not empty; choose a new name", ErrorCode::Io);
}

/// Without slashes at its end, and where a link leads that points at a folder.
fs::path placeOf(const fs::path& target) {
  if (target.empty()) refuseFolder(target, "the name is empty");
  if (OutputFile::isStandardOutput(target)) refuseFolder(target, "a folder does not go to standard output; name one");
  fs::path place = target;
  while (!place.has_filename() && place.has_relative_path()) place = place.parent_path();
  std::error_code error;
  if (!fs::exists(place, error) && fs::is_symlink(place, error))
    refuseFolder(target, "it is a link that leads nowhere");
  const fs::path whole = fs::canonical(place, error);
  return error ? place : whole;
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& target, const InputFiles& inputs)
    : m_target(target), m_place(placeOf(target)) {
  struct stat status {};
  if (::stat(m_place.c_str(), &status) == 0)
    refuseExisting(target, m_place, status, inputs);
  else if (errno != ENOENT)
    throwSystemError("write", target, errno);
  const fs::path beside = folderOf(m_place);
  if (::stat(beside.c_str(), &status) != 0) throwSystemError("write", target, errno);
  if (!S_ISDIR(status.st_mode)) throwSystemError("write", target, ENOTDIR);
  if (::faccessat(AT_FDCWD, beside.c_str(), W_OK, AT_EACCESS) != 0) throwSystemError("write", target, errno);
}

OutputFolder::~OutputFolder() {
  for (const Entry& entry : m_entries) ::close(entry.descriptor);
  removeTemporary();
}

void OutputFolder::makeTemporary() {
  const int error = tryNames(folderOf(m_place), [&](const fs::path& name) {
    if (::mkdir(name.c_str(), kNewFolder) != 0) return false;
    m_temporary = name;
    return true;
  });
  if (error != 0) throwSystemError("write", m_target, error);
}

OutputFile OutputFolder::file(const std::string& name) {
  int descriptor = m_temporary.empty() ? openNameless(folderOf(m_place), kNewFile) : -1;
  if (descriptor < 0) {
    if (m_temporary.empty()) {
      makeTemporary();
      nameFiles();
    }
    makeFolderOf(name);
    descriptor = ::open((m_temporary / name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kNewFile);
    if (descriptor < 0) throwSystemError("write", m_target / name, errno);
  }
  m_entries.push_back({name, descriptor});
  const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) throwSystemError("write", m_target / name, errno);
  return {m_target / name, BufferedDescriptor(own, m_target / name)};
}

void OutputFolder::write(const std::string& name, std::span<const std::byte> bytes) {
  OutputFile output = file(name);
  output.write(bytes);
  output.commit();
}

void OutputFolder::nameFiles() {
  for (const Entry& entry : m_entries) {
    makeFolderOf(entry.name);
    if (!nameFile(entry.descriptor, m_temporary / entry.name)) throwSystemError("write", m_target / entry.name, errno);
  }
}

void OutputFolder::makeFolderOf(const fs::path& name) {
  if (!name.has_parent_path()) return;
  const fs::path folder = m_temporary / name.parent_path();
  if (::mkdir(folder.c_str(), kNewFolder) != 0 && errno != EEXIST) throwSystemError("write", m_target / name, errno);
}

void OutputFolder::removeTemporary() noexcept {
  if (m_temporary.empty()) return;
  std::error_code error;
  fs::remove_all(m_temporary, error);
  m_temporary.clear();
}

void OutputFolder::commit() {
  for (const Entry& entry : m_entries)
    if (::fsync(entry.descriptor) != 0) throwSystemError("write", m_target / entry.name, errno);
  // From here on a killed process leaves a temporary name: nothing that takes time.
  if (m_temporary.empty()) {
    makeTemporary();
    nameFiles();
  }
  syncFolder(m_temporary);
  if (::rename(m_temporary.c_str(), m_place.c_str()) != 0) throwSystemError("write", m_target, errno);
  m_temporary.clear();
  syncFolder(folderOf(m_place));
}

}  // namespace core::io
