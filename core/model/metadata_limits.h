#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/io/metadata.h"

namespace core::model {

/// The number that all elements of a list have: one per layer says no more than a single number when none differs.
/// Nothing when they differ, are no integers, or there are none.
std::optional<std::uint64_t> uniformValue(const io::MetadataArray& list);

/// Reads hyper-parameters from untrusted metadata and checks each against its limits.
class MetadataLimits {
 public:
  explicit MetadataLimits(const io::Metadata& metadata) : m_metadata(metadata) {}

  /// A list of equal numbers counts as that number.
  /// @param fallback used when the key is absent; without one the key is required
  /// @throws Error (InvalidFile) naming key, value and the allowed range min … max
  std::uint32_t integer(std::string_view key, std::optional<std::uint32_t> fallback, std::uint32_t min,
                        std::uint32_t max) const;
  float real(std::string_view key, float fallback, float min, float max) const;

 private:
  const io::Metadata& m_metadata;
};

}  // namespace core::model
