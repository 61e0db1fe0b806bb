#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/session/device_choice.h"
#include "app/session/engine.h"
#include "app/session/speed.h"

namespace app {

/// What a bench measures: every recipe on every device, with every length of the prompt.
struct BenchSettings {
  std::vector<DeviceChoice> devices;
  std::vector<core::model::Recipe> recipes;
  std::vector<std::uint32_t> promptTokens;
  SpeedSettings speed;  ///< of each; its promptTokens are not looked at
};

/// One prompt length of one recipe on one device.
struct BenchRun {
  std::uint32_t promptTokens = 0;
  Speed speed = {};
  DeviceLimits limits = {};
  bool areExpertsRouted = false;

  /// Of what the device's memory and arithmetic give; nothing where that is not known.
  std::optional<double> decodeBandwidthShare() const;
  std::optional<double> decodeArithmeticShare() const;
  std::optional<double> prefillArithmeticShare() const;
  /// Of a prompt that is read in one piece, for which every weight is read once; nothing of longer ones, nor where
  /// which experts are read depends on the tokens.
  std::optional<double> prefillBandwidthShare() const;
};

/// A recipe on a device.
struct Benchmark {
  std::string device = {}, scheme = {};
  std::uint64_t weightBytes = 0;
  std::uint64_t hostWeightBytes = 0;  ///< of them in the computer's memory, for want of room on the device
  std::string hostParts = {};         ///< which: MemoryUse::hostParts
  DeviceLimits limits = {};
  std::vector<BenchRun> runs = {};
  std::string problem = {};  ///< instead of all the rest but its names: why there is nothing
};

/// The CPU, then every usable Vulkan device.
std::vector<DeviceChoice> allDevices();

/// Calls done() with each as soon as it is measured. One that fails says why beside the others, but is thrown where it
/// is the only one. @throws core::Error, core::Cancelled
void measureAll(OpenModel& model, const BenchSettings& settings, const std::function<void(const Benchmark&)>& done,
                const core::JobContext& job);

}  // namespace app
