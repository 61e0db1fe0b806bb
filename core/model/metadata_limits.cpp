#include "core/model/metadata_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace core::model {

namespace {
constexpr std::uint64_t kMostLayers = 1U << 16U;  // of a list worth looking at
}

std::optional<std::uint64_t> uniformValue(const io::MetadataArray& list) {
  const io::MetadataType type = list.elementType();
  const bool isInteger = type != io::MetadataType::F32 && type != io::MetadataType::F64 &&
                         type != io::MetadataType::Bool && type != io::MetadataType::String &&
                         type != io::MetadataType::Array;
  if (!isInteger || list.size() == 0 || list.size() > kMostLayers) return std::nullopt;
  const std::vector<std::int64_t> values = list.integers();
  const bool same = std::ranges::all_of(values, [&](std::int64_t value) { return value == values.front(); });
  return same && values.front() >= 0 ? std::optional(static_cast<std::uint64_t>(values.front())) : std::nullopt;
}

std::uint32_t MetadataLimits::integer(std::string_view key, std::optional<std::uint32_t> fallback, std::uint32_t min,
                                      std::uint32_t max) const {
  const auto* list = std::get_if<io::MetadataArray>(m_metadata.find(key));
  std::optional<std::uint64_t> stored = list != nullptr ? uniformValue(*list) : std::nullopt;
  if (!stored) stored = m_metadata.unsignedInteger(key);  // says what is wrong with a list whose numbers differ
  if (!stored && !fallback) {
    throw Error(ErrorCode::InvalidFile, fmt::format("The model file should set {}, but does not.", key),
                std::string(key));
  }
  const std::uint64_t value = stored ? *stored : *fallback;
  if (value < min || value > max) {
    throw Error(ErrorCode::InvalidFile, fmt::format("{} should be between {} and {}, but is {}.", key, min, max, value),
                std::string(key));
  }
  return static_cast<std::uint32_t>(value);
}

float MetadataLimits::real(std::string_view key, float fallback, float min, float max) const {
  const double value = m_metadata.number(key).value_or(fallback);
  if (!(value >= min && value <= max)) {  // also refuses NaN
    throw Error(ErrorCode::InvalidFile, fmt::format("{} should be between {} and {}, but is {}.", key, min, max, value),
                std::string(key));
  }
  return static_cast<float>(value);
}

}  // namespace core::model
