#include "core/io/packed_tensor.h"

#include <cstring>

namespace core::io {

namespace {

constexpr std::uint64_t kMostIntegers = 8;

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

/// The name in the file without the ending of the family.
std::string baseOf(const TensorInfo& codes) {
  std::string name = codes.codesName.empty() ? codes.name : codes.codesName;
  if (codes.assembly == Assembly::Bitsandbytes4) return name;  // its pieces are called after the whole name
  for (const std::string_view ending : {".qweight", ".weight_packed", "_blocks", ".W_q", ".weight"}) {
    if (!name.ends_with(ending)) continue;
    name.resize(name.size() - ending.size());
    break;
  }
  return name;
}

}  // namespace

PieceTable piecesOf(const Checkpoint& checkpoint) {
  return {[&checkpoint](std::string_view name) -> const TensorInfo* {
            const auto index = checkpoint.find(name);
            return index ? &checkpoint.tensors()[*index] : nullptr;
          },
          [&checkpoint](const TensorInfo& tensor) {
            return checkpoint.view(static_cast<std::size_t>(&tensor - checkpoint.tensors().data())).bytes;
          },
          QuantizationConfig(checkpoint.metadata())};
}

PackedTensor::PackedTensor(const TensorInfo& codes, const PieceTable& table)
    : PackedTensor(codes, baseOf(codes), table) {}

const TensorInfo* PackedTensor::beside(std::string_view ending) const {
  return m_table.find(m_base + std::string(ending));
}

const TensorInfo* PackedTensor::besideAny(std::initializer_list<std::string_view> endings) const {
  for (const std::string_view ending : endings)
    if (const TensorInfo* const found = beside(ending)) return found;
  return nullptr;
}

std::span<const std::byte> PackedTensor::bytes(std::string_view ending) const {
  const TensorInfo* const found = beside(ending);
  return found == nullptr ? std::span<const std::byte>() : bytes(*found);
}

std::vector<std::uint64_t> PackedTensor::integers(std::string_view ending) const {
  const TensorInfo* const found = beside(ending);
  if (found == nullptr || found->bytes > kMostIntegers * sizeof(std::uint64_t)) return {};
  const auto data = bytes(*found);
  switch (found->dtype) {
    case tensor::DType::I64:
      return readIntegers<std::int64_t>(data);
    case tensor::DType::I32:
      return readIntegers<std::int32_t>(data);
    case tensor::DType::I16:
      return readIntegers<std::int16_t>(data);
    case tensor::DType::U8:
      return readIntegers<std::uint8_t>(data);
    default:
      return {};
  }
}

}  // namespace core::io
