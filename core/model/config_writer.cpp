#include "core/model/config_writer.h"

#include <fmt/format.h>

#include <string>

#include "core/io/metadata_encoding.h"

namespace core::model {

double asDecimal(float value) { return std::stod(fmt::format("{}", value)); }

void ConfigWriter::add(std::string_view name, io::MetadataValue value, io::MetadataType type) {
  put(m_prefix + std::string(name), std::move(value), type);
}

void ConfigWriter::put(std::string key, io::MetadataValue value, io::MetadataType type) {
  if (m_metadata.find(key) == nullptr) return m_metadata.add(std::move(key), std::move(value), type);
  io::Metadata changed;
  for (const io::MetadataEntry& entry : m_metadata.entries())
    if (entry.key == key)
      changed.add(key, value, type);
    else
      changed.add(entry.key, entry.value, entry.type);
  m_metadata = std::move(changed);
}

void ConfigWriter::integer(std::string_view name, std::uint32_t value) {
  add(name, std::uint64_t{value}, io::MetadataType::U32);
}

void ConfigWriter::integerBeside(std::string_view key, std::uint32_t value) {
  put(std::string(key), std::uint64_t{value}, io::MetadataType::U32);
}

void ConfigWriter::real(std::string_view name, double value) { add(name, value, io::MetadataType::F32); }

void ConfigWriter::text(std::string_view name, std::string_view value) {
  add(name, std::string(value), io::MetadataType::String);
}

void ConfigWriter::array(std::string_view name, io::MetadataType type, std::size_t count,
                         std::vector<std::byte> encoded) {
  m_arrays.push_back(std::move(encoded));
  add(name, io::MetadataArray(type, count, m_arrays.back()), io::MetadataType::Array);
}

void ConfigWriter::flag(std::string_view name, bool value) { add(name, value, io::MetadataType::Bool); }

void ConfigWriter::integers(std::string_view name, std::span<const std::uint32_t> values) {
  std::vector<std::byte> encoded;
  for (const std::uint32_t value : values) io::appendNumber(encoded, value);
  array(name, io::MetadataType::U32, values.size(), std::move(encoded));
}

void ConfigWriter::flags(std::string_view name, std::span<const std::uint32_t> values) {
  std::vector<std::byte> encoded;
  for (const std::uint32_t value : values) encoded.push_back(value == 0 ? std::byte{0} : std::byte{1});
  array(name, io::MetadataType::Bool, values.size(), std::move(encoded));
}

void ConfigWriter::texts(std::string_view name, std::span<const std::string_view> values) {
  std::vector<std::byte> encoded;
  for (const std::string_view value : values) io::appendString(encoded, value);
  array(name, io::MetadataType::String, values.size(), std::move(encoded));
}

void ConfigWriter::reals(std::string_view name, std::span<const float> values) {
  std::vector<std::byte> encoded;
  for (const float value : values) io::appendNumber(encoded, asDecimal(value));
  array(name, io::MetadataType::F64, values.size(), std::move(encoded));
}

}  // namespace core::model
