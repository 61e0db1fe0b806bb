#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace gpu {

class VulkanDevice;

/// What an NVIDIA card has used since it was started, as its driver's library NVML tells (nvmlDeviceGetTotalEnergy-
/// Consumption; Volta and newer). The library is opened at run time; of a card in parts (MIG) it is the whole one.
class NvmlMeter {
 public:
  static constexpr const char* kLibrary = "libnvidia-ml.so.1";

  /// Nothing where there is no such library, it fails, or it does not know the device: by its PCI address or, where
  /// that is empty, as the only one that there is.
  static std::optional<NvmlMeter> open(const std::string& pciAddress, const std::string& library = kLibrary);
  /// Nothing of devices that are not NVIDIA's.
  static std::optional<NvmlMeter> open(const VulkanDevice& device);

  /// Joules since the last call, or since open(); nothing once the library fails.
  std::optional<double> takeJoules();

 private:
  class Library;
  NvmlMeter() = default;

  std::shared_ptr<const Library> m_library;
  void* m_device = nullptr;  ///< nvmlDevice_t
  std::uint64_t m_last = 0;  ///< millijoules
};

}  // namespace gpu
