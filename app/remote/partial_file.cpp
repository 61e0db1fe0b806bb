#include "app/remote/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "core/io/nameless_file.h"
#include "core/io/system_error.h"

namespace app::remote {

namespace {

using core::io::throwSystemError;

int openLocked(const std::filesystem::path& path, const core::JobContext& job) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) throwSystemError("open", path, errno);
  try {
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      job.progress(0, "waiting for another program that downloads the same");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  return descriptor;
}

}  // namespace

PartialFile::PartialFile(std::filesystem::path path, const core::JobContext& job)
    : m_path(std::move(path)), m_descriptor(openLocked(m_path, job)) {}

PartialFile::~PartialFile() { ::close(m_descriptor); }

std::uint64_t PartialFile::size() const {
  struct stat status {};
  if (::fstat(m_descriptor, &status) != 0) throwSystemError("look at", m_path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

void PartialFile::write(std::uint64_t at, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throwSystemError("write", m_path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
}

void PartialFile::resize(std::uint64_t bytes) {
  if (::ftruncate(m_descriptor, static_cast<off_t>(bytes)) != 0) throwSystemError("resize", m_path, errno);
}

void PartialFile::remove() {
  std::error_code ignored;
  std::filesystem::remove(m_path, ignored);
}

void PartialFile::commit(const std::filesystem::path& name) {
  if (::fsync(m_descriptor) != 0) throwSystemError("write", m_path, errno);
  if (::rename(m_path.c_str(), name.c_str()) != 0) throwSystemError("name", name, errno);
  core::io::syncFolder(core::io::folderOf(name));
}

FileLock::FileLock(const std::filesystem::path& path, const core::JobContext& job)
    : m_descriptor(openLocked(path, job)) {}

FileLock::~FileLock() { ::close(m_descriptor); }

}  // namespace app::remote
