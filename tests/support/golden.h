#pragma once
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace support {

/// A file's bytes. Throws std::runtime_error naming the file when it cannot be read: missing test data must fail.
std::vector<std::byte> readFile(const std::filesystem::path& path);
nlohmann::json readJson(const std::filesystem::path& path);

/// A headerless little-endian array file as values of T. Throws when the size is no multiple of sizeof(T).
template <typename T>
std::vector<T> readArray(const std::filesystem::path& path) {
  const auto bytes = readFile(path);
  if (bytes.size() % sizeof(T) != 0) throw std::runtime_error("Odd size: " + path.string());
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace support
