#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A model file made by hand, field by field, so that a test can get any one of them wrong.
class FileBytes {
 public:
  template <typename T>
  FileBytes& number(T value) {
    return append(&value, sizeof(T));
  }
  FileBytes& u32(std::uint32_t value) { return number(value); }
  FileBytes& u64(std::uint64_t value) { return number(value); }
  FileBytes& raw(std::string_view text) { return append(text.data(), text.size()); }
  /// GGUF string: u64 length and the bytes.
  FileBytes& string(std::string_view text) { return u64(text.size()).raw(text); }
  FileBytes& padTo(std::size_t alignment) {
    while (m_bytes.size() % alignment != 0) m_bytes.push_back(std::byte{0});
    return *this;
  }
  FileBytes& zeros(std::size_t count) {
    m_bytes.resize(m_bytes.size() + count);
    return *this;
  }

  /// "GGUF" version 3 with these counts.
  static FileBytes gguf(std::uint64_t tensors, std::uint64_t entries, std::uint32_t version = 3) {
    return FileBytes().raw("GGUF").u32(version).u64(tensors).u64(entries);
  }
  /// One row of a GGUF tensor table; extents innermost first.
  FileBytes& tensor(std::string_view name, const std::vector<std::uint64_t>& extents, std::uint32_t type,
                    std::uint64_t offset) {
    string(name).u32(static_cast<std::uint32_t>(extents.size()));
    for (const std::uint64_t extent : extents) u64(extent);
    return u32(type).u64(offset);
  }
  static FileBytes safetensors(std::string_view header, std::size_t dataBytes = 0) {
    return FileBytes().string(header).zeros(dataBytes);
  }

  const std::vector<std::byte>& bytes() const { return m_bytes; }

 private:
  FileBytes& append(const void* bytes, std::size_t count) {
    const std::size_t end = m_bytes.size();
    m_bytes.resize(end + count);
    if (count > 0) std::memcpy(m_bytes.data() + end, bytes, count);
    return *this;
  }

  std::vector<std::byte> m_bytes;
};

/// Bytes in a heap block of exactly their length, so that a sanitizer sees the first byte read past them.
struct ExactBytes {
  explicit ExactBytes(std::span<const std::byte> bytes)
      : owner(new std::byte[bytes.size()], std::default_delete<std::byte[]>()), span(owner.get(), bytes.size()) {
    if (!bytes.empty()) std::memcpy(owner.get(), bytes.data(), bytes.size());
  }
  std::shared_ptr<std::byte> owner;
  std::span<const std::byte> span;
};
