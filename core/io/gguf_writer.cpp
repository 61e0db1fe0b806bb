#include "core/io/gguf_writer.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "core/base/checked_math.h"
#include "core/base/utf8.h"
#include "core/io/metadata_encoding.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::string_view kAlignmentKey = "general.alignment";
constexpr std::uint32_t kVersion = 3;
constexpr std::size_t kMaxRank = 4;

/// A scalar's value in the type it was stored in; the reader widened it, so narrowing gives it back.
void appendScalar(std::vector<std::byte>& bytes, const MetadataEntry& entry) {
  const auto u64 = [&entry] { return std::get<std::uint64_t>(entry.value); };
  const auto i64 = [&entry] { return std::get<std::int64_t>(entry.value); };
  const auto f64 = [&entry] { return std::get<double>(entry.value); };
  switch (entry.type) {
    case MetadataType::U8:
      return appendNumber(bytes, static_cast<std::uint8_t>(u64()));
    case MetadataType::I8:
      return appendNumber(bytes, static_cast<std::int8_t>(i64()));
    case MetadataType::U16:
      return appendNumber(bytes, static_cast<std::uint16_t>(u64()));
    case MetadataType::I16:
      return appendNumber(bytes, static_cast<std::int16_t>(i64()));
    case MetadataType::U32:
      return appendNumber(bytes, static_cast<std::uint32_t>(u64()));
    case MetadataType::I32:
      return appendNumber(bytes, static_cast<std::int32_t>(i64()));
    case MetadataType::F32:
      return appendNumber(bytes, static_cast<float>(f64()));
    case MetadataType::Bool:
      return appendNumber<std::uint8_t>(bytes, std::get<bool>(entry.value) ? 1 : 0);
    case MetadataType::String:
      return appendString(bytes, entry.storedText ? *entry.storedText : std::get<std::string>(entry.value));
    case MetadataType::U64:
      return appendNumber(bytes, u64());
    case MetadataType::I64:
      return appendNumber(bytes, i64());
    case MetadataType::F64:
      return appendNumber(bytes, f64());
    case MetadataType::Array: {
      const auto& array = std::get<MetadataArray>(entry.value);
      appendNumber(bytes, static_cast<std::uint32_t>(array.elementType()));
      appendNumber(bytes, array.size());
      return appendBytes(bytes, array.encoded());
    }
  }
}

}  // namespace

GgufWriter::GgufWriter(OutputFile file, std::uint32_t alignment) : ModelWriter(std::move(file), alignment) {
  if (!std::has_single_bit(alignment)) fail(fmt::format("the alignment {} is not a power of two", alignment));
  if (alignment == kDefaultAlignment) return;
  addKey(kAlignmentKey, MetadataType::U32);
  appendNumber(m_metadata, alignment);
}

void GgufWriter::addKey(std::string_view key, MetadataType type) {
  if (!isValidUtf8(key)) fail(fmt::format("{} is no valid metadata key", inQuotes(key)));
  startEntry(key, type);
}

void GgufWriter::startEntry(std::string_view key, MetadataType type) {
  if (headerIsWritten()) fail(fmt::format("the key {} was added after data was written", inQuotes(key)));
  if (key.empty()) fail(fmt::format("{} is no valid metadata key", inQuotes(key)));
  if (!m_keys.insert(std::string(key)).second) fail(fmt::format("the key {} was added twice", inQuotes(key)));
  appendString(m_metadata, key);
  appendNumber(m_metadata, static_cast<std::uint32_t>(type));
  ++m_metadataCount;
}

void GgufWriter::addArrayHead(std::string_view key, MetadataType elementType, std::uint64_t count) {
  addKey(key, MetadataType::Array);
  appendNumber(m_metadata, static_cast<std::uint32_t>(elementType));
  appendNumber(m_metadata, count);
}

void GgufWriter::addU16(std::string_view key, std::uint16_t value) {
  addKey(key, MetadataType::U16);
  appendNumber(m_metadata, value);
}

void GgufWriter::addU32(std::string_view key, std::uint32_t value) {
  addKey(key, MetadataType::U32);
  appendNumber(m_metadata, value);
}

void GgufWriter::addI32(std::string_view key, std::int32_t value) {
  addKey(key, MetadataType::I32);
  appendNumber(m_metadata, value);
}

void GgufWriter::addU64(std::string_view key, std::uint64_t value) {
  addKey(key, MetadataType::U64);
  appendNumber(m_metadata, value);
}

void GgufWriter::addF32(std::string_view key, float value) {
  addKey(key, MetadataType::F32);
  appendNumber(m_metadata, value);
}

void GgufWriter::addBool(std::string_view key, bool value) {
  addKey(key, MetadataType::Bool);
  appendNumber<std::uint8_t>(m_metadata, value ? 1 : 0);
}

void GgufWriter::addString(std::string_view key, std::string_view value) {
  addKey(key, MetadataType::String);
  appendString(m_metadata, value);
}

void GgufWriter::addStrings(std::string_view key, std::span<const std::string> values) {
  addArrayHead(key, MetadataType::String, values.size());
  for (const std::string& value : values) appendString(m_metadata, value);
}

void GgufWriter::addF32s(std::string_view key, std::span<const float> values) {
  addArrayHead(key, MetadataType::F32, values.size());
  appendBytes(m_metadata, std::as_bytes(values));
}

void GgufWriter::addI32s(std::string_view key, std::span<const std::int32_t> values) {
  addArrayHead(key, MetadataType::I32, values.size());
  appendBytes(m_metadata, std::as_bytes(values));
}

void GgufWriter::addEntry(const MetadataEntry& entry) {
  if (entry.key == kAlignmentKey) return;
  startEntry(entry.storedKey.value_or(entry.key), entry.type);
  appendScalar(m_metadata, entry);
}

void GgufWriter::checkTensor(const std::string& name, tensor::DType dtype, const tensor::Shape& shape) const {
  if (tensor::info(dtype).ggmlType < 0) {
    fail(fmt::format("GGUF has no type {} for the tensor {}", tensor::name(dtype), inQuotes(name)));
  }
  const auto count = shape.checkedCount();
  if (shape.rank() > kMaxRank || count == 0U) {
    fail(fmt::format("GGUF cannot hold the shape {} of the tensor {}", shape.toString(), inQuotes(name)));
  }
}

std::vector<std::byte> GgufWriter::header() const {
  std::vector<std::byte> bytes;
  appendBytes(bytes, std::as_bytes(std::span(std::string_view("GGUF"))));
  appendNumber(bytes, kVersion);
  appendNumber<std::uint64_t>(bytes, tensors().size());
  appendNumber(bytes, m_metadataCount);
  appendBytes(bytes, m_metadata);
  for (const Declared& tensor : tensors()) {
    appendString(bytes, tensor.name);
    // A scalar is a row of one value: GGUF readers expect at least one dimension.
    const std::vector<std::uint64_t> extents =
        tensor.shape.rank() == 0 ? std::vector<std::uint64_t>{1} : tensor.shape.extents();
    appendNumber(bytes, static_cast<std::uint32_t>(extents.size()));
    for (auto extent = extents.rbegin(); extent != extents.rend(); ++extent) appendNumber(bytes, *extent);
    appendNumber(bytes, static_cast<std::uint32_t>(tensor::info(tensor.dtype).ggmlType));
    appendNumber(bytes, tensor.offset);
  }
  bytes.resize((bytes.size() + alignment() - 1) / alignment() * alignment());
  return bytes;
}

}  // namespace core::io
