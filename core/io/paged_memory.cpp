#include "core/io/paged_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/error.h"
#include "core/io/nameless_file.h"

namespace core::io {

namespace {

int openTemporary(const std::filesystem::path& folder) {
  constexpr unsigned kOwnerOnly = 0600;
  int descriptor = -1;
  const int error = tryNames(folder, [&](const std::filesystem::path& name) {
    descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
    if (descriptor >= 0) ::unlink(name.c_str());
    return descriptor >= 0;
  });
  errno = error;
  return descriptor;
}

}  // namespace

PagedMemory::PagedMemory(const std::filesystem::path& folder, std::uint64_t bytes) {
  if (bytes == 0) return;
  const int descriptor = openTemporary(folder);
  void* address = MAP_FAILED;
  // Room is taken now: a disk that is full later would end the program when a page is written.
  int error = descriptor < 0 ? errno : ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
  if (error == 0) {
    address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (address == MAP_FAILED) error = errno;
  }
  if (descriptor >= 0) ::close(descriptor);
  if (address == MAP_FAILED)
    throw Error(ErrorCode::Io, fmt::format("{} bytes of working memory could not be made in the folder '{}': {}.",
                                           bytes, folder.string(), std::strerror(error)));
  m_bytes = {static_cast<std::byte*>(address), static_cast<std::size_t>(bytes)};
}

PagedMemory::~PagedMemory() {
  if (!m_bytes.empty()) ::munmap(m_bytes.data(), m_bytes.size());
}

}  // namespace core::io
