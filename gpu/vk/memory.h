#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/model/weight_placement.h"
#include "gpu/vk/device.h"

namespace gpu::vk {

/// Where a buffer's memory should be.
enum class MemoryKind : std::uint8_t {
  Device,   ///< fastest for the device; mapped too where that costs nothing (CPUs, integrated GPUs, resizable BAR)
  Host,     ///< of the computer, for what the device reads often but has no room for; always mapped
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
  /// @param stagingBytes of the buffers through which unmapped memory is written, a multiple of 4
  explicit Memory(std::shared_ptr<Device> device, DeviceMemoryAccess access = DeviceMemoryAccess::WherePossible,
                  std::optional<std::uint64_t> stagingBytes = std::nullopt);

  std::uint64_t stagingBytes() const { return m_stagingBytes; }

  enum class Counted : std::uint8_t { No, AsDevice, AsHost };
  struct Allocation {
    VkDeviceMemory memory = VK_NULL_HANDLE;
    std::uint64_t bytes = 0;
    void* mapped = nullptr;  ///< null when the host cannot see it
    Counted counted = Counted::No;
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
  /// The computer's memory in use by buffers of kind Host, and how much more of it there may be.
  std::uint64_t hostUsedBytes() const { return m_hostUsedBytes; }
  std::uint64_t hostAvailableBytes() const;
  /// What may be spent on weights. @param reservedBytes of the device's memory that something else needs; where there
  /// are not so many, that something cannot be had whatever weights do, and nothing is kept free for it
  core::model::MemoryRoom room(std::uint64_t reservedBytes) const;
  /// Pretends that the device has this much memory for us: for tests of what happens when it runs out.
  void overrideBudget(std::optional<std::uint64_t> bytes) { m_budgetOverride = bytes; }
  /// Pretends that so much of the computer's memory is there for what the device's own does not hold.
  void overrideHostBudget(std::optional<std::uint64_t> bytes) { m_hostBudgetOverride = bytes; }

  const std::shared_ptr<Device>& device() const { return m_device; }

 private:
  std::shared_ptr<Device> m_device;
  DeviceMemoryAccess m_access;
  std::uint64_t m_stagingBytes;
  VkPhysicalDeviceMemoryProperties m_properties{};
  std::uint64_t m_usedBytes = 0, m_hostUsedBytes = 0;
  std::optional<std::uint64_t> m_budgetOverride, m_hostBudgetOverride;
};

}  // namespace gpu::vk
