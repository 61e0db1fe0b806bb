#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace app {

/// Where a model runs: "cpu", "vulkan" (the first usable device) or "vulkan:N", or "auto".
struct DeviceChoice {
  enum class Kind : std::uint8_t { Auto, Cpu, Vulkan };
  static constexpr std::uint32_t kAnyIndex = ~std::uint32_t{0};
  Kind kind = Kind::Auto;           ///< Auto: the best GPU that works, else the CPU executor
  std::uint32_t index = kAnyIndex;  ///< Vulkan: which device; kAnyIndex: the first usable one

  /// @throws core::Error (InvalidArgument) naming what is allowed
  static DeviceChoice parse(std::string_view text);
  std::string toString() const;
  bool operator==(const DeviceChoice&) const = default;
};

}  // namespace app
