#pragma once
#include <cstdint>
#include <optional>

namespace core::model {

/// What holds where a file is silent; a count without one is required.
struct ConfigDefaults {
  std::optional<std::uint32_t> context = {}, heads = {};
  std::optional<std::uint32_t> kvHeads = {};   ///< nothing: as many as heads
  std::optional<std::uint32_t> headSize = {};  ///< nothing: width / heads
  float normEpsilon = 1e-5F;
  float ropeBase = 10000.0F;
};

}  // namespace core::model
