#include "core/io/buffered_descriptor.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/io/system_error.h"

namespace core::io {

namespace {
constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
}

BufferedDescriptor::BufferedDescriptor(int descriptor, std::filesystem::path name)
    : m_descriptor(descriptor), m_name(std::move(name)) {}

BufferedDescriptor::BufferedDescriptor(BufferedDescriptor&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1)),
      m_name(std::move(other.m_name)),
      m_buffer(std::move(other.m_buffer)) {}

BufferedDescriptor::~BufferedDescriptor() {
  if (m_descriptor >= 0) ::close(m_descriptor);
}

void BufferedDescriptor::write(std::span<const std::byte> bytes) {
  if (m_buffer.size() + bytes.size() > kBufferBytes) writeBuffer();
  if (bytes.size() >= kBufferBytes) {
    writeThrough(bytes);
  } else {
    m_buffer.reserve(kBufferBytes);
    m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
  }
}

void BufferedDescriptor::flush() {
  writeBuffer();
  m_buffer = {};
}

void BufferedDescriptor::close() {
  flush();
  if (::close(std::exchange(m_descriptor, -1)) != 0) throwSystemError("write", m_name, errno);
}

void BufferedDescriptor::writeBuffer() {
  writeThrough(m_buffer);
  m_buffer.clear();
}

void BufferedDescriptor::writeThrough(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(m_descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throwSystemError("write", m_name, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace core::io
