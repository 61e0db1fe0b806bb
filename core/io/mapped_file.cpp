#include "core/io/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "core/base/error.h"
#include "core/io/system_error.h"
#include "core/io/text_checks.h"

namespace core::io {

MappedFile::MappedFile(const std::filesystem::path& path) : m_path(path) {
  // O_NONBLOCK: opening a pipe must not wait for a writer; it is refused below.
  m_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (m_descriptor < 0) throwSystemError("open", path, errno);
  try {
    struct stat status {};
    if (::fstat(m_descriptor, &status) != 0) throwSystemError("read the size of", path, errno);
    if (!S_ISREG(status.st_mode)) {
      throw Error(ErrorCode::Io,
                  fmt::format("Expected a file, but {} is a folder, pipe or device.", inQuotes(path.string())));
    }
    map(static_cast<std::uint64_t>(status.st_size));
  } catch (...) {
    ::close(m_descriptor);
    throw;
  }
}

void MappedFile::map(std::uint64_t size) {
  if (size == 0) return;  // mmap refuses a length of 0
  if (size > std::numeric_limits<std::size_t>::max()) throwSystemError("map", m_path, EFBIG);
  const auto length = static_cast<std::size_t>(size);
  void* const address = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, m_descriptor, 0);
  if (address == MAP_FAILED) throwSystemError("map", m_path, errno);
  // Tensors are read front to back; a refused hint costs nothing but speed.
  (void)::madvise(address, length, MADV_SEQUENTIAL);
  m_contents = {static_cast<const std::byte*>(address), length};
}

MappedFile::~MappedFile() {
  if (!m_contents.empty()) ::munmap(const_cast<std::byte*>(m_contents.data()), m_contents.size());
  ::close(m_descriptor);
}

void MappedFile::throwIfShortened() const {
  struct stat status {};
  if (::fstat(m_descriptor, &status) != 0) throwSystemError("read the size of", m_path, errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < m_contents.size()) {
    throw Error(ErrorCode::Io, fmt::format("{} was changed by another program while it was open: it had {} bytes and "
                                           "has {} now; open it again.",
                                           inQuotes(m_path.string()), m_contents.size(), size));
  }
}

}  // namespace core::io
