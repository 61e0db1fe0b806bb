#include "core/model/metadata_limits.h"

#include <fmt/format.h>

#include <string>

#include "core/base/error.h"

namespace core::model {

std::uint32_t MetadataLimits::integer(std::string_view key, std::optional<std::uint32_t> fallback, std::uint32_t min,
                                      std::uint32_t max) const {
  const std::optional<std::uint64_t> stored = m_metadata.unsignedInteger(key);
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
