#include <cstring>

#include "core/io/packed_layouts.h"

namespace core::io {

namespace {

constexpr std::uint64_t kMostIntegers = 8;
constexpr const char* kSections[] = {"config.quantization_config.", "config.quantization.",
                                     "config.compression_config."};

template <typename T>
std::vector<std::uint64_t> readIntegers(std::span<const std::byte> bytes) {
  std::vector<std::uint64_t> values;
  for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    if (value < T{0}) return {};
    values.push_back(static_cast<std::uint64_t>(value));
  }
  return values;
}

}  // namespace

const TensorInfo* PackedTensor::beside(std::string_view ending) const {
  const auto found = m_index.find(m_base + std::string(ending));
  return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

std::span<const std::byte> PackedTensor::bytes(std::string_view ending) const {
  const TensorInfo* const found = beside(ending);
  return found == nullptr ? std::span<const std::byte>() : m_bytesOf(*found);
}

std::vector<std::uint64_t> PackedTensor::integers(std::string_view ending) const {
  const TensorInfo* const found = beside(ending);
  if (found == nullptr || found->bytes > kMostIntegers * sizeof(std::uint64_t)) return {};
  const auto bytes = m_bytesOf(*found);
  switch (found->dtype) {
    case tensor::DType::I64:
      return readIntegers<std::int64_t>(bytes);
    case tensor::DType::I32:
      return readIntegers<std::int32_t>(bytes);
    case tensor::DType::I16:
      return readIntegers<std::int16_t>(bytes);
    case tensor::DType::U8:
      return readIntegers<std::uint8_t>(bytes);
    default:
      return {};
  }
}

std::optional<std::uint64_t> PackedTensor::configNumber(std::string_view key) const {
  for (const char* section : kSections) {
    const MetadataValue* const value = m_metadata.find(section + std::string(key));
    if (const auto* number = value == nullptr ? nullptr : std::get_if<std::uint64_t>(value)) return *number;
  }
  return std::nullopt;
}

std::string PackedTensor::configText(std::string_view key) const {
  for (const char* section : kSections) {
    const MetadataValue* const value = m_metadata.find(section + std::string(key));
    if (const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value)) return *text;
  }
  return {};
}

}  // namespace core::io
