#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace core::io {

static_assert(std::endian::native == std::endian::little, "model files are little-endian and are read in place");

/// Walks over untrusted bytes. Every read is checked against what is left; no parser touches a pointer.
/// `what` names the thing being read for the sentence of a failure ("the tensor count").
class ByteReader {
 public:
  /// @param source how sentences call the bytes, e.g. the quoted file name; must outlive the reader
  ByteReader(std::span<const std::byte> bytes, std::string_view source) : m_bytes(bytes), m_source(source) {}

  std::uint64_t position() const { return m_position; }
  std::uint64_t remaining() const { return m_bytes.size() - m_position; }

  /// A little-endian number. @throws Error (InvalidFile) when the bytes end before it does
  template <typename T>
  T read(std::string_view what) {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  /// The next `count` bytes, not copied. @throws Error (InvalidFile) when fewer are left
  std::span<const std::byte> take(std::uint64_t count, std::string_view what);

  /// A 64-bit length and that many bytes, which should be UTF-8 but are not checked; not copied.
  /// @throws Error (InvalidFile)
  std::string_view string(std::string_view what);

  /// Throws Error (InvalidFile): "SOURCE: DETAIL at byte N.".
  [[noreturn]] void fail(std::string_view detail, std::uint64_t position) const;
  [[noreturn]] void fail(std::string_view detail) const { fail(detail, m_position); }

 private:
  std::span<const std::byte> m_bytes;
  std::string_view m_source;
  std::uint64_t m_position = 0;
};

}  // namespace core::io
