#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace app {

/// A device that a plan asks about.
struct PlannedDevice {
  enum class Kind : std::uint8_t {
    Host,     ///< this computer's memory: the CPU executor's rules
    Vulkan,   ///< a Vulkan device of this computer: its own limits
    Graphics  ///< a GPU somewhere
  };
  std::string name;
  Kind kind = Kind::Graphics;
  std::uint64_t bytes = 0;          ///< of memory
  double share = 1.0;               ///< of it that a model may use: 0 < share ≤ 1
  std::uint64_t overheadBytes = 0;  ///< what the driver and the system take of that before any model does
  std::uint32_t index = 0;          ///< Vulkan: into the devices of this computer
  std::uint64_t hostBytes = 0;      ///< Vulkan: of the computer's memory, for weights that its own does not hold

  std::uint64_t usable() const;
  bool isHere() const { return kind != Kind::Graphics; }
  /// "RTX 4090=24GiB", "Phone=8GB*0.5": what parseDevices() reads.
  std::string toString() const;
  bool operator==(const PlannedDevice&) const = default;
};

/// Bytes of "24GiB", "80GB", "512 MiB", "1.5e9"; units without i are powers of 1000.
/// @throws core::Error (InvalidArgument)
std::uint64_t parseBytes(std::string_view text);
/// "24 GiB", "7.50 GiB", "512 MiB"
std::string bytesText(double bytes);

/// The devices of this computer: what its memory has free now, and every usable Vulkan device. Asks the drivers.
std::vector<PlannedDevice> devicesHere();
/// Cards, shared memories and phones that people ask about.
const std::vector<PlannedDevice>& usualDevices();
/// "here", "usual", "24GiB", "NAME=24GiB", "NAME=16GB*0.75", several behind commas.
/// @throws core::Error (InvalidArgument) saying which part is wrong
std::vector<PlannedDevice> parseDevices(std::string_view text);

}  // namespace app
