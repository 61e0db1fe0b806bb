#include <fmt/format.h>

#include <limits>
#include <type_traits>

#include "core/base/error.h"
#include "core/io/byte_reader.h"
#include "core/io/metadata.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::string_view kElement = "a metadata array's element";
/// Integers up to here are exact in a double.
constexpr std::int64_t kExactInDouble = std::int64_t{1} << 53;

[[noreturn]] void throwNotConvertible(MetadataType type, std::string_view expected) {
  throw Error(ErrorCode::InvalidFile,
              fmt::format("Expected a metadata array of {}, but found one of type {}.", expected, name(type)));
}

[[noreturn]] void throwTooLarge(std::string_view expected) {
  throw Error(ErrorCode::InvalidFile, fmt::format("A metadata array holds an integer that does not fit {}.", expected));
}

/// Calls visit with each element's own type. @return false when the type is none of the numbers
template <typename Visit>
bool visitNumber(ByteReader& reader, MetadataType type, const Visit& visit) {
  switch (type) {
    case MetadataType::U8:
      visit(reader.read<std::uint8_t>(kElement));
      return true;
    case MetadataType::I8:
      visit(reader.read<std::int8_t>(kElement));
      return true;
    case MetadataType::U16:
      visit(reader.read<std::uint16_t>(kElement));
      return true;
    case MetadataType::I16:
      visit(reader.read<std::int16_t>(kElement));
      return true;
    case MetadataType::U32:
      visit(reader.read<std::uint32_t>(kElement));
      return true;
    case MetadataType::I32:
      visit(reader.read<std::int32_t>(kElement));
      return true;
    case MetadataType::F32:
      visit(reader.read<float>(kElement));
      return true;
    case MetadataType::U64:
      visit(reader.read<std::uint64_t>(kElement));
      return true;
    case MetadataType::I64:
      visit(reader.read<std::int64_t>(kElement));
      return true;
    case MetadataType::F64:
      visit(reader.read<double>(kElement));
      return true;
    case MetadataType::Bool:
    case MetadataType::String:
    case MetadataType::Array:
      return false;
  }
  return false;
}

double toDouble(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(kExactInDouble)) throwTooLarge("a double exactly");
  return static_cast<double>(value);
}
double toDouble(std::int64_t value) {
  if (value > kExactInDouble || value < -kExactInDouble) throwTooLarge("a double exactly");
  return static_cast<double>(value);
}

void appendPreview(ByteReader& reader, MetadataType type, std::uint64_t count, std::size_t limit, std::string& text);

void appendElement(ByteReader& reader, MetadataType type, std::size_t limit, std::string& text) {
  if (visitNumber(reader, type, [&text](auto value) { text += fmt::format("{}", value); })) return;
  if (type == MetadataType::Bool) {
    text += reader.read<std::uint8_t>(kElement) != 0 ? "true" : "false";
  } else if (type == MetadataType::String) {
    text += inQuotes(reader.string(kElement));
  } else {
    const auto inner = static_cast<MetadataType>(reader.read<std::uint32_t>(kElement));
    const auto count = reader.read<std::uint64_t>(kElement);
    appendPreview(reader, inner, count, limit, text);
  }
}

void appendPreview(ByteReader& reader, MetadataType type, std::uint64_t count, std::size_t limit, std::string& text) {
  text += '[';
  std::string unseen;  // elements past the limit still have to be read over inside nested arrays
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i >= limit) {
      unseen.clear();
      appendElement(reader, type, 0, unseen);
      continue;
    }
    if (i > 0) text += ", ";
    appendElement(reader, type, limit, text);
  }
  if (count > limit) text += fmt::format("{}… {} values", limit == 0 ? "" : ", ", count);
  text += ']';
}

}  // namespace

std::vector<std::string> MetadataArray::strings() const {
  if (m_elementType != MetadataType::String) throwNotConvertible(m_elementType, "strings");
  ByteReader reader(m_encoded, "Metadata");
  std::vector<std::string> result;
  result.reserve(m_count);
  for (std::uint64_t i = 0; i < m_count; ++i) result.emplace_back(reader.string(kElement));
  return result;
}

std::vector<double> MetadataArray::numbers() const {
  ByteReader reader(m_encoded, "Metadata");
  std::vector<double> result;
  const auto append = [&result](auto value) {
    if constexpr (std::is_same_v<decltype(value), std::uint64_t> || std::is_same_v<decltype(value), std::int64_t>) {
      result.push_back(toDouble(value));
    } else {
      result.push_back(static_cast<double>(value));
    }
  };
  if (fixedSize(m_elementType) == 0 || m_elementType == MetadataType::Bool) {
    throwNotConvertible(m_elementType, "numbers");
  }
  result.reserve(m_count);
  for (std::uint64_t i = 0; i < m_count; ++i) visitNumber(reader, m_elementType, append);
  return result;
}

std::vector<std::int64_t> MetadataArray::integers() const {
  const bool isReal = m_elementType == MetadataType::F32 || m_elementType == MetadataType::F64;
  if (fixedSize(m_elementType) == 0 || m_elementType == MetadataType::Bool || isReal) {
    throwNotConvertible(m_elementType, "integers");
  }
  ByteReader reader(m_encoded, "Metadata");
  std::vector<std::int64_t> result;
  result.reserve(m_count);
  const auto append = [&result](auto value) {
    if constexpr (std::is_same_v<decltype(value), std::uint64_t>) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) throwTooLarge("64 signed bits");
    }
    result.push_back(static_cast<std::int64_t>(value));
  };
  for (std::uint64_t i = 0; i < m_count; ++i) visitNumber(reader, m_elementType, append);
  return result;
}

std::string MetadataArray::preview(std::size_t limit) const {
  ByteReader reader(m_encoded, "Metadata");
  std::string text = "[";
  const std::uint64_t shown = m_count < limit ? m_count : limit;
  for (std::uint64_t i = 0; i < shown; ++i) {
    if (i > 0) text += ", ";
    appendElement(reader, m_elementType, limit, text);
  }
  if (m_count > limit) text += fmt::format("{}… {} values", limit == 0 ? "" : ", ", m_count);
  return text + ']';
}

}  // namespace core::io
