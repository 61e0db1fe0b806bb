#include "core/io/metadata.h"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <utility>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kPreviewElements = 8;

MetadataType typeOf(const MetadataValue& value) {
  // The order of the variant's alternatives.
  constexpr std::array kTypes = {MetadataType::U64,  MetadataType::I64,    MetadataType::F64,
                                 MetadataType::Bool, MetadataType::String, MetadataType::Array};
  return kTypes[value.index()];
}

[[noreturn]] void throwWrongType(std::string_view key, std::string_view expected, const MetadataValue& value) {
  const auto* const text = std::get_if<std::string>(&value);
  throw Error(ErrorCode::InvalidFile,
              fmt::format("The metadata key {} should hold {}, but holds {} of type {}.", inQuotes(key), expected,
                          text != nullptr ? inQuotes(*text) : toDisplayText(value), name(typeOf(value))),
              std::string(key));
}

}  // namespace

std::string_view name(MetadataType type) {
  constexpr std::array<std::string_view, 13> kNames = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                                       "bool", "string", "array", "u64", "i64", "f64"};
  return kNames[static_cast<std::size_t>(type)];
}

std::uint32_t fixedSize(MetadataType type) {
  constexpr std::array<std::uint32_t, 13> kSizes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return kSizes[static_cast<std::size_t>(type)];
}

void Metadata::add(std::string key, MetadataValue value) {
  const MetadataType type = typeOf(value);
  add(std::move(key), std::move(value), type);
}

void Metadata::add(std::string key, MetadataValue value, MetadataType type) {
  add({std::move(key), std::move(value), type});
}

void Metadata::add(MetadataEntry entry) {
  m_index.emplace(std::hash<std::string_view>()(entry.key), m_entries.size());
  m_entries.push_back(std::move(entry));
}

const MetadataValue* Metadata::find(std::string_view key) const {
  const auto [begin, end] = m_index.equal_range(std::hash<std::string_view>()(key));
  for (auto candidate = begin; candidate != end; ++candidate) {
    const MetadataEntry& entry = m_entries[candidate->second];
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::optional<std::uint64_t> Metadata::unsignedInteger(std::string_view key) const {
  const MetadataValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<std::uint64_t>(value)) return *number;
  const auto* number = std::get_if<std::int64_t>(value);
  if (number == nullptr || *number < 0) throwWrongType(key, "a non-negative integer", *value);
  return static_cast<std::uint64_t>(*number);
}

std::optional<double> Metadata::number(std::string_view key) const {
  const MetadataValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* real = std::get_if<double>(value)) return *real;
  if (const auto* integer = std::get_if<std::uint64_t>(value)) return static_cast<double>(*integer);
  if (const auto* integer = std::get_if<std::int64_t>(value)) return static_cast<double>(*integer);
  throwWrongType(key, "a number", *value);
}

std::optional<bool> Metadata::boolean(std::string_view key) const {
  const MetadataValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  throwWrongType(key, "true or false", *value);
}

std::optional<std::string> Metadata::string(std::string_view key) const {
  const MetadataValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  throwWrongType(key, "a text", *value);
}

const MetadataArray* Metadata::array(std::string_view key) const {
  const MetadataValue* const value = find(key);
  if (value == nullptr) return nullptr;
  if (const auto* elements = std::get_if<MetadataArray>(value)) return elements;
  throwWrongType(key, "an array", *value);
}

std::string toDisplayText(const MetadataValue& value) {
  struct Printer {
    std::string operator()(std::uint64_t number) const { return fmt::format("{}", number); }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const {
      // Most reals are stored as float32: 1e-05, not 9.999999747378752e-06.
      const auto narrow = static_cast<float>(number);
      return static_cast<double>(narrow) == number ? fmt::format("{}", narrow) : fmt::format("{}", number);
    }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const MetadataArray& array) const { return array.preview(kPreviewElements); }
  };
  return std::visit(Printer{}, value);
}

}  // namespace core::io
