#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/io/system_error.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr int kMaxNameAttempts = 100;

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target) : m_target(std::move(target)) {
  std::error_code ignored;
  if (m_target.filename().empty() || std::filesystem::is_directory(m_target, ignored)) {
    throw Error(ErrorCode::Io, fmt::format("Could not write {}: it is a folder.", inQuotes(m_target.string())));
  }
  // A link keeps pointing at the file it names.
  if (std::filesystem::is_symlink(m_target, ignored)) m_target = std::filesystem::weakly_canonical(m_target);
  std::random_device random;
  for (int attempt = 0; attempt < kMaxNameAttempts && m_descriptor < 0; ++attempt) {
    m_temporary = m_target;
    m_temporary.replace_filename(fmt::format(".{}.{:08x}.part", m_target.filename().string(), random()));
    // Mode 0666 under the user's umask, as any program's new file.
    m_descriptor = ::open(m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (m_descriptor < 0 && errno != EEXIST) throwSystemError("write", m_target, errno);
  }
  if (m_descriptor < 0) throwSystemError("write", m_target, EEXIST);
  m_buffer.reserve(kBufferBytes);
}

AtomicFile::~AtomicFile() {
  if (m_descriptor < 0) return;
  ::close(m_descriptor);
  ::unlink(m_temporary.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  if (m_buffer.size() + bytes.size() > kBufferBytes) flush();
  if (bytes.size() >= kBufferBytes) {
    writeThrough(bytes);
  } else {
    m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
  }
}

void AtomicFile::flush() {
  writeThrough(m_buffer);
  m_buffer.clear();
}

void AtomicFile::writeThrough(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(m_descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throwSystemError("write", m_target, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  flush();
  if (::fsync(m_descriptor) != 0) throwSystemError("write", m_target, errno);
  if (::rename(m_temporary.c_str(), m_target.c_str()) != 0) throwSystemError("write", m_target, errno);
  ::close(std::exchange(m_descriptor, -1));
  // The name survives a power cut only when the folder is on disk too. Some file systems refuse; the file is whole.
  const auto folder = m_target.has_parent_path() ? m_target.parent_path() : std::filesystem::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace core::io
