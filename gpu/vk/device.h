#pragma once
#include <functional>
#include <memory>

#include "gpu/vk/caps.h"
#include "gpu/vk/instance.h"

namespace gpu::vk {

/// A logical device with one compute queue. Remembers when it is lost: from then on everything throws DeviceLost, and
/// what holds the device can only be destroyed. Opening it anew makes another object.
class Device {
 public:
  /// @param limited lowers limits: for tests of devices that have less
  /// @throws core::Error (Unsupported, Device, OutOfMemory)
  Device(std::shared_ptr<Instance> instance, VkPhysicalDevice physical,
         const std::function<void(Caps&)>& limited = nullptr);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  VkDevice handle() const { return m_device; }
  VkQueue queue() const { return m_queue; }
  VkPhysicalDevice physical() const { return m_physical; }
  const Caps& caps() const { return m_caps; }
  HeapState heaps() const { return readHeaps(m_physical, m_caps); }

  /// As vk::check, but with sentences that name the device, and a lost device stays lost.
  void check(VkResult result, const char* call, const std::string& doing);
  /// @throws core::Error (DeviceLost) when it is lost
  void throwIfLost() const;
  bool isLost() const { return m_isLost; }

  /// Starts commands whose end signals the fence.  @param doing "computing"
  /// @throws core::Error (Device, DeviceLost, OutOfMemory)
  void submit(VkCommandBuffer commands, VkFence fence, const std::string& doing);
  /// Blocks until the fence has signalled. A device that never gets there counts as lost.
  /// @throws core::Error (Device, DeviceLost, OutOfMemory)
  void wait(VkFence fence, const std::string& doing);
  /// Blocks until the commands behind the fence use nothing any more; soon on a lost device.
  void settle(VkFence fence) noexcept;

  /// Makes the (after + 1)-th submit or wait from now on fail with this result: for tests of what happens then.
  void injectFault(VkResult result, std::uint32_t after) { m_fault = {result, after}; }

 private:
  struct Fault {
    VkResult result = VK_SUCCESS;
    std::uint32_t after = 0;
  };
  /// The injected result when its time has come, otherwise success.
  VkResult takeFault();

  std::shared_ptr<Instance> m_instance;
  VkPhysicalDevice m_physical;
  Caps m_caps;
  VkDevice m_device = VK_NULL_HANDLE;
  VkQueue m_queue = VK_NULL_HANDLE;
  bool m_isLost = false;
  Fault m_fault;
};

}  // namespace gpu::vk
