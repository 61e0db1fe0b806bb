#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace core::io {

// Appending in GGUF's encoding, the counterpart of ByteReader.
inline void appendBytes(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
  const std::size_t end = bytes.size();
  bytes.resize(end + more.size());
  if (!more.empty()) std::memcpy(bytes.data() + end, more.data(), more.size());
}

template <typename T>
void appendNumber(std::vector<std::byte>& bytes, T value) {
  static_assert(std::is_arithmetic_v<T> && std::endian::native == std::endian::little);
  appendBytes(bytes, std::as_bytes(std::span(&value, 1)));
}

/// u64 length and the bytes.
inline void appendString(std::vector<std::byte>& bytes, std::string_view text) {
  appendNumber<std::uint64_t>(bytes, text.size());
  appendBytes(bytes, std::as_bytes(std::span(text)));
}

}  // namespace core::io
