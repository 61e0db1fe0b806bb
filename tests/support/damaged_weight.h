#pragma once
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/io/checkpoint.h"

namespace support {

/// Overwrites one value of a float32 tensor in a model file.
/// @param element index in row-major order
inline void setWeight(const std::filesystem::path& path, const std::string& tensor, std::size_t element, float value) {
  std::uint64_t offset = 0;
  {
    const auto checkpoint = core::io::openCheckpoint(path);
    offset = checkpoint->tensors()[checkpoint->find(tensor).value()].offset + element * sizeof(float);
  }
  char bytes[sizeof(float)];
  std::memcpy(bytes, &value, sizeof(float));
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes, sizeof(bytes));
}

}  // namespace support
