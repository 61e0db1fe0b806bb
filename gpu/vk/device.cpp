#include "gpu/vk/device.h"

#include <fmt/format.h>

#include <vector>

#include "core/base/error.h"
#include "gpu/vk/check.h"

namespace gpu::vk {

Device::Device(std::shared_ptr<Instance> instance, VkPhysicalDevice physical)
    : m_instance(std::move(instance)), m_physical(physical), m_caps(readCaps(physical)) {
  if (!m_caps.unusable.empty()) throw core::Error(core::ErrorCode::Unsupported, m_caps.unusable);
  const float priority = 1.0F;
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueFamilyIndex = m_caps.queueFamily;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  // Nothing optional is needed: all loads are of 32-bit words. Only what caps found present is enabled.
  std::vector<const char*> extensions;
  VkPhysicalDeviceSubgroupSizeControlFeatures sizes{};
  sizes.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES;
  sizes.subgroupSizeControl = VK_TRUE;
  sizes.computeFullSubgroups = VK_TRUE;
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  if (m_caps.hasSubgroupSizeControl) {
    extensions.push_back(VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME);
    info.pNext = &sizes;
  }
  if (m_caps.hasMemoryBudget) extensions.push_back(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  check(vkCreateDevice(m_physical, &info, nullptr, &m_device), "vkCreateDevice",
        fmt::format("opening {}", m_caps.name));
  vkGetDeviceQueue(m_device, m_caps.queueFamily, 0, &m_queue);
}

Device::~Device() {
  if (m_device == VK_NULL_HANDLE) return;
  waitIdle();
  vkDestroyDevice(m_device, nullptr);
}

void Device::check(VkResult result, const char* call, const std::string& doing) {
  if (result == VK_ERROR_DEVICE_LOST) m_isLost = true;
  vk::check(result, call, doing);
}

void Device::throwIfLost() const {
  if (!m_isLost) return;
  throw core::Error(core::ErrorCode::DeviceLost,
                    fmt::format("The device {} was lost earlier and has to be opened again.", m_caps.name));
}

void Device::waitIdle() noexcept { vkDeviceWaitIdle(m_device); }

}  // namespace gpu::vk
