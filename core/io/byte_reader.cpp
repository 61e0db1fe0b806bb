#include "core/io/byte_reader.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace core::io {

std::span<const std::byte> ByteReader::take(std::uint64_t count, std::string_view what) {
  if (count > remaining()) {
    fail(fmt::format("the file ends too early, expected {} bytes of {} but found {}", count, what, remaining()));
  }
  const auto taken = m_bytes.subspan(m_position, count);
  m_position += count;
  return taken;
}

std::string_view ByteReader::string(std::string_view what) {
  const std::uint64_t start = m_position;
  const auto length = read<std::uint64_t>(what);
  if (length > remaining()) {
    fail(fmt::format("{} claims {} bytes, but only {} are left in the file", what, length, remaining()), start);
  }
  const auto bytes = take(length, what);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void ByteReader::fail(std::string_view detail, std::uint64_t position) const {
  throw Error(ErrorCode::InvalidFile, fmt::format("{}: {} at byte {}.", m_source, detail, position),
              fmt::format("byte {}", position));
}

}  // namespace core::io
