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
  std::uint32_t feedForwardWidths = 0;  ///< how many times the width its feed-forward part is; 0: it has to be said
};

}  // namespace core::model
