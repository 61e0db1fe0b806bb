#include "core/io/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/error.h"
#include "core/io/system_error.h"
#include "core/io/text_checks.h"

namespace core::io {

FolderLock::FolderLock(const std::filesystem::path& folder)
    : m_descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (m_descriptor < 0) throwSystemError("open", folder, errno);
  if (::flock(m_descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(m_descriptor);
  throw Error(ErrorCode::Io, fmt::format("{} is in use by another run of this program; wait for its end, or choose "
                                         "another folder.",
                                         inQuotes(folder.string())));
}

FolderLock::~FolderLock() { ::close(m_descriptor); }

}  // namespace core::io
