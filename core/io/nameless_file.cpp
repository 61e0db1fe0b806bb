#include "core/io/nameless_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <string>

namespace core::io {

namespace {

constexpr int kMaxNameAttempts = 100;

/// The name by which the system knows an open file that has none.
std::string pathOf(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

}  // namespace

int openNameless(const std::filesystem::path& folder, unsigned mode) {
#ifdef O_TMPFILE
  const int descriptor = ::open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, static_cast<mode_t>(mode));
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

bool nameFile(int descriptor, const std::filesystem::path& name) {
  return ::linkat(AT_FDCWD, pathOf(descriptor).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

int tryNames(const std::filesystem::path& folder, const std::function<bool(const std::filesystem::path&)>& make) {
  std::random_device random;
  for (int attempt = 0; attempt < kMaxNameAttempts; ++attempt) {
    // Not made of the target's name, which may be as long as names can be.
    if (make(folder / fmt::format(".quantscope-{:08x}.part", random()))) return 0;
    if (errno != EEXIST) return errno;
  }
  return EEXIST;
}

std::filesystem::path folderOf(const std::filesystem::path& target) {
  return target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
}

void syncFolder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace core::io
