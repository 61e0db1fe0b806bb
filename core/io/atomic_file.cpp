#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <utility>

#include "core/io/system_error.h"

namespace core::io {

namespace {

constexpr int kMaxNameAttempts = 100;
constexpr mode_t kPermissions = 07777;

/// The mode a new file gets under the user's umask, as any program's.
constexpr mode_t kNewFile = 0666;
/// What replaces a file is nobody else's to read until it has that file's mode.
constexpr mode_t kPrivate = 0600;

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target) : m_target(std::move(target)) {
  struct stat old {};
  const bool replaces = ::stat(m_target.c_str(), &old) == 0;
  if (!replaces && errno != ENOENT) throwSystemError("write", m_target, errno);
  std::random_device random;
  int descriptor = -1;
  for (int attempt = 0; attempt < kMaxNameAttempts && descriptor < 0; ++attempt) {
    // Not made of the target's name, which may be as long as names can be.
    m_temporary = m_target;
    m_temporary.replace_filename(fmt::format(".quantscope-{:08x}.part", random()));
    descriptor = ::open(m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, replaces ? kPrivate : kNewFile);
    if (descriptor < 0 && errno != EEXIST) throwSystemError("write", m_target, errno);
  }
  if (descriptor < 0) throwSystemError("write", m_target, EEXIST);
  m_file.emplace(descriptor, m_target);
  if (!replaces) return;
  // Only the superuser gives files away; the mode matters more, and changing the owner may clear bits of it.
  (void)!::fchown(descriptor, old.st_uid, old.st_gid);
  if (::fchmod(descriptor, old.st_mode & kPermissions) != 0) {
    const int error = errno;
    ::unlink(m_temporary.c_str());
    throwSystemError("write", m_target, error);
  }
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_target(std::move(other.m_target)), m_temporary(std::move(other.m_temporary)), m_file(std::move(other.m_file)) {
  other.m_file.reset();
}

AtomicFile::~AtomicFile() {
  if (m_file) ::unlink(m_temporary.c_str());
}

void AtomicFile::commit() {
  m_file->flush();
  if (::fsync(m_file->get()) != 0) throwSystemError("write", m_target, errno);
  m_file->close();
  if (::rename(m_temporary.c_str(), m_target.c_str()) != 0) throwSystemError("write", m_target, errno);
  m_file.reset();
  // The name survives a power cut only when the folder is on disk too. Some file systems refuse; the file is whole.
  const auto folder = m_target.has_parent_path() ? m_target.parent_path() : std::filesystem::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace core::io
