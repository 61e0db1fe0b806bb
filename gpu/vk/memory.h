#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gpu/vk/device.h"

namespace gpu::vk {

/// Where a buffer's memory should be.
enum class MemoryKind : std::uint8_t {
  Device,   ///< fastest for the device; mapped too where that costs nothing (CPUs, integrated GPUs, resizable BAR)
  Upload,   ///< written by the host, read by the device; always mapped
  Readback  ///< written by the device, read by the host; always mapped, cached where possible
};

/// The type of memory that a buffer of this kind is best allocated from. @param allowedTypes a bit for each type
/// @return nothing when none will do
std::optional<std::uint32_t> chooseMemoryType(const VkPhysicalDeviceMemoryProperties& memory,
                                              std::uint32_t allowedTypes, MemoryKind kind);

/// Whether memory of kind Device is mapped where it can be, or always written through a staging buffer: what most
/// discrete GPUs need, and tests on others ask for.
enum class DeviceMemoryAccess : std::uint8_t { WherePossible, Staged };

/// Allocates device memory, counts it and refuses what does not fit, before the driver or the system runs out.
/// One allocation per buffer: buffers are few, since weights share large ones (see WeightHeap).
class Memory {
 public:
  explicit Memory(std::shared_ptr<Device> device, DeviceMemoryAccess access = DeviceMemoryAccess::WherePossible);

  struct Allocation {
    VkDeviceMemory memory = VK_NULL_HANDLE;
    std::uint64_t bytes = 0;
    void* mapped = nullptr;  ///< null when the host cannot see it
    bool isCounted = false;
  };
  /// @param doing "allocating the KV cache", for the error's sentence
  /// @throws core::Error (OutOfMemory) saying needed and available, (Device)
  Allocation allocate(const VkMemoryRequirements& needs, MemoryKind kind, const std::string& doing);
  void free(Allocation& allocation) noexcept;

  std::uint64_t usedBytes() const { return m_usedBytes; }
  std::uint64_t budgetBytes() const;
  std::uint64_t availableBytes() const;
  /// @throws core::Error (OutOfMemory) when `bytes` more do not fit; `what` says what they are for
  void require(std::uint64_t bytes, const std::string& what) const;
  /// Pretends that the device has this much memory for us: for tests of what happens when it runs out.
  void overrideBudget(std::optional<std::uint64_t> bytes) { m_budgetOverride = bytes; }

  const std::shared_ptr<Device>& device() const { return m_device; }

 private:
  std::shared_ptr<Device> m_device;
  DeviceMemoryAccess m_access;
  VkPhysicalDeviceMemoryProperties m_properties{};
  std::uint64_t m_usedBytes = 0;
  std::optional<std::uint64_t> m_budgetOverride;
};

}  // namespace gpu::vk
