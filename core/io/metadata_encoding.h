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

/// Appending in GGUF's encoding, the counterpart of ByteReader.
template <typename T>
void appendNumber(std::vector<std::byte>& bytes, T value) {
  static_assert(std::is_arithmetic_v<T> && std::endian::native == std::endian::little);
  const std::size_t end = bytes.size();
  bytes.resize(end + sizeof(T));
  std::memcpy(bytes.data() + end, &value, sizeof(T));
}

inline void appendBytes(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

/// u64 length and the bytes.
inline void appendString(std::vector<std::byte>& bytes, std::string_view text) {
  appendNumber<std::uint64_t>(bytes, text.size());
  appendBytes(bytes, std::as_bytes(std::span(text)));
}

}  // namespace core::io
