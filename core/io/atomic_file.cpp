#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include "core/io/nameless_file.h"
#include "core/io/system_error.h"

namespace core::io {

namespace {

constexpr mode_t kPermissions = 07777;

/// The mode a new file gets under the user's umask, as any program's.
constexpr mode_t kNewFile = 0666;
/// What replaces a file is nobody else's to read until it has that file's mode.
constexpr mode_t kPrivate = 0600;

void removeName(const std::filesystem::path& temporary) {
  if (!temporary.empty()) ::unlink(temporary.c_str());
}

/// A second name for what a rename is about to replace. @return empty where there is nothing, or no hard link of it
std::filesystem::path secondName(const std::filesystem::path& target) {
  std::filesystem::path kept;
  const int error = tryNames(folderOf(target), [&](const std::filesystem::path& name) {
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
  const int error = tryNames(folderOf(m_target), [&](const std::filesystem::path& name) {
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
  const int error = tryNames(folderOf(m_target), [&](const std::filesystem::path& name) {
    if (!nameFile(m_file->get(), name)) return false;
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
