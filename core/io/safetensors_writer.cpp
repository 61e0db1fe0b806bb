#include "core/io/safetensors_writer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/utf8.h"
#include "core/io/metadata_encoding.h"
#include "core/io/safetensors.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {
/// The data section starts at a multiple of this, so that a mapped F64 is aligned.
constexpr std::size_t kHeaderAlignment = 8;
}  // namespace

// Tensors follow each other without padding: the format allows no holes.
SafetensorsWriter::SafetensorsWriter(OutputFile file) : ModelWriter(std::move(file), 1) {}

void SafetensorsWriter::addMetadata(std::string_view key, std::string_view value) {
  if (headerIsWritten()) fail(fmt::format("the key {} was added after data was written", inQuotes(key)));
  if (!isValidUtf8(key) || !isValidUtf8(value)) fail(fmt::format("the key {} or its text is not UTF-8", inQuotes(key)));
  for (const auto& [known, text] : m_metadata) {
    if (known == key) fail(fmt::format("the key {} was added twice", inQuotes(key)));
  }
  m_metadata.emplace_back(key, value);
}

void SafetensorsWriter::checkTensor(const std::string& name, tensor::DType dtype,
                                    const tensor::Shape& /*shape*/) const {
  if (!isValidUtf8(name)) fail(fmt::format("{} is no valid tensor name", inQuotes(name)));
  if (name == kMetadataKey) fail("a tensor cannot be called \"__metadata__\"");
  if (tensor::info(dtype).safetensors.empty()) {
    fail(fmt::format("safetensors has no type {} for the tensor {}", tensor::name(dtype), inQuotes(name)));
  }
}

std::vector<std::byte> SafetensorsWriter::header() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!m_metadata.empty()) {
    auto& texts = json[std::string(kMetadataKey)];
    for (const auto& [key, value] : m_metadata) texts[key] = value;
  }
  // Appending to an ordered object by key is linear; a list of pairs keeps the header of a large model quick to make.
  std::string text = json.dump();
  text.pop_back();
  for (const Declared& tensor : tensors()) {
    if (text.size() > 1) text += ',';
    text += nlohmann::json(tensor.name).dump() +
            fmt::format(":{{\"dtype\":\"{}\",\"shape\":[", tensor::info(tensor.dtype).safetensors);
    for (std::size_t axis = 0; axis < tensor.shape.rank(); ++axis) {
      text += fmt::format("{}{}", axis == 0 ? "" : ",", tensor.shape[axis]);
    }
    text += fmt::format("],\"data_offsets\":[{},{}]}}", tensor.offset, tensor.offset + tensor.bytes);
  }
  text += '}';
  text.resize((text.size() + kHeaderAlignment - 1) / kHeaderAlignment * kHeaderAlignment, ' ');
  std::vector<std::byte> bytes;
  appendString(bytes, text);
  return bytes;
}

}  // namespace core::io
