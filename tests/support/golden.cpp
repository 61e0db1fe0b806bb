#include "support/golden.h"

#include <fstream>
#include <stdexcept>

namespace support {

std::vector<std::byte> readFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("Cannot read " + path.string());
  std::vector<std::byte> bytes(std::filesystem::file_size(path));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("Cannot read all of " + path.string());
  return bytes;
}

nlohmann::json readJson(const std::filesystem::path& path) {
  const auto bytes = readFile(path);
  return nlohmann::json::parse(reinterpret_cast<const char*>(bytes.data()),
                               reinterpret_cast<const char*>(bytes.data()) + bytes.size());
}

}  // namespace support
