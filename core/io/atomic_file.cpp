#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/io/system_error.h"

namespace core::io {

namespace {

constexpr int kMaxNameAttempts = 100;
constexpr mode_t kPermissions = 07777;

/// The mode a new file gets under the user's umask, as any program's.
constexpr mode_t kNewFile = 0666;
/// What replaces a file is nobody else's to read until it has that file's mode.
constexpr mode_t kPrivate = 0600;

std::filesystem::path folderOf(const std::filesystem::path& target) {
  return target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
}

/// The name by which the system knows an open file that has none.
std::string pathOf(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

/// A file in the folder that vanishes with its last descriptor unless it gets a name.
/// @return −1 where the system or the file system has no such files or could not name them later
int openNameless(const std::filesystem::path& folder, mode_t mode) {
#ifdef O_TMPFILE
  const int descriptor = ::open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
  if (descriptor < 0) return -1;
  struct stat self {
  }, named{};
  const bool isFound = ::fstat(descriptor, &self) == 0 && ::stat(pathOf(descriptor).c_str(), &named) == 0;
  if (isFound && self.st_dev == named.st_dev && self.st_ino == named.st_ino) return descriptor;
  ::close(descriptor);
#else
  static_cast<void>(folder);
  static_cast<void>(mode);
#endif
  return -1;
}

/// Tries to make temporary names beside the target until one is free.
/// @return 0, or the error (errno) for which none could be made
template <typename Make>
int tryNames(const std::filesystem::path& target, Make make) {
  std::random_device random;
  for (int attempt = 0; attempt < kMaxNameAttempts; ++attempt) {
    // Not made of the target's name, which may be as long as names can be.
    if (make(folderOf(target) / fmt::format(".quantscope-{:08x}.part", random()))) return 0;
    if (errno != EEXIST) return errno;
  }
  return EEXIST;
}

void removeName(const std::filesystem::path& temporary) {
  if (!temporary.empty()) ::unlink(temporary.c_str());
}

/// A second name for what a rename is about to replace. @return empty where there is nothing, or no hard link of it
std::filesystem::path secondName(const std::filesystem::path& target) {
  std::filesystem::path kept;
  const int error = tryNames(target, [&](const std::filesystem::path& name) {
    kept = name;
    return ::link(target.c_str(), name.c_str()) == 0;
  });
  return error == 0 ? kept : std::filesystem::path();
}

/// A name that a file has got, and the second name of what had it before.
struct Placed {
  std::filesystem::path target, before;

  void undo() const {
    if (before.empty() || ::rename(before.c_str(), target.c_str()) != 0) ::unlink(target.c_str());
  }
};

/// A name survives a power cut only when the folder is on disk too. Some file systems refuse; the file is whole.
void syncFolder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target, Unfinished unfinished) : m_target(std::move(target)) {
  struct stat old {};
  const bool replaces = ::stat(m_target.c_str(), &old) == 0;
  if (!replaces && errno != ENOENT) throwSystemError("write", m_target, errno);
  const mode_t mode = replaces ? kPrivate : kNewFile;
  const int descriptor = unfinished == Unfinished::Nameless ? openNameless(folderOf(m_target), mode) : -1;
  if (descriptor >= 0) {
    m_file.emplace(descriptor, m_target);
  } else {
    openNamed(mode);
  }
  if (!replaces) return;
  // Only the superuser gives files away; the mode matters more, and changing the owner may clear bits of it.
  (void)!::fchown(m_file->get(), old.st_uid, old.st_gid);
  if (::fchmod(m_file->get(), old.st_mode & kPermissions) != 0) {
    const int error = errno;
    removeName(m_temporary);
    throwSystemError("write", m_target, error);
  }
}

void AtomicFile::openNamed(unsigned mode) {
  int descriptor = -1;
  const int error = tryNames(m_target, [&](const std::filesystem::path& name) {
    m_temporary = name;
    descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    return descriptor >= 0;
  });
  if (error != 0) {
    m_temporary.clear();
    throwSystemError("write", m_target, error);
  }
  m_file.emplace(descriptor, m_target);
}

/// Gives a nameless file the temporary name from which a rename can replace the old file.
void AtomicFile::nameIt() {
  const std::string self = pathOf(m_file->get());
  const int error = tryNames(m_target, [&](const std::filesystem::path& name) {
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) return false;
    m_temporary = name;
    return true;
  });
  if (error != 0) throwSystemError("write", m_target, error);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_target(std::move(other.m_target)), m_temporary(std::move(other.m_temporary)), m_file(std::move(other.m_file)) {
  other.m_file.reset();
}

AtomicFile::~AtomicFile() {
  if (m_file) removeName(m_temporary);
}

void AtomicFile::complete() {
  m_file->flush();
  if (::fsync(m_file->get()) != 0) throwSystemError("write", m_target, errno);
}

void AtomicFile::commit() {
  AtomicFile* const self = this;
  commitAll({&self, 1});
}

void AtomicFile::commitAll(std::span<AtomicFile* const> files) {
  for (AtomicFile* const file : files) file->complete();
  // From here on a killed process leaves temporary names: nothing that takes time.
  for (AtomicFile* const file : files) {
    if (file->m_temporary.empty()) file->nameIt();
    file->m_file->close();
  }
  std::vector<Placed> placed;
  std::set<std::filesystem::path> folders;
  for (AtomicFile* const file : files) {
    const bool isLast = file == files.back();
    placed.push_back({file->m_target, isLast ? std::filesystem::path() : secondName(file->m_target)});
    folders.insert(folderOf(file->m_target));
    if (::rename(file->m_temporary.c_str(), file->m_target.c_str()) == 0) continue;
    const int error = errno;
    removeName(placed.back().before);
    placed.pop_back();
    for (const Placed& other : placed) other.undo();
    throwSystemError("write", file->m_target, error);
  }
  for (const Placed& each : placed) removeName(each.before);
  for (AtomicFile* const file : files) file->m_file.reset();
  for (const auto& folder : folders) syncFolder(folder);
}

}  // namespace core::io
