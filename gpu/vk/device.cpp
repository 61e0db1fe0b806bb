#include "gpu/vk/device.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "gpu/vk/check.h"

namespace gpu::vk {

namespace {

/// Submissions are made to take a fraction of a second, and drivers give up on a GPU after a few. Where neither holds,
/// this is when a person should no longer wait.
constexpr int kHangSeconds = 60;
/// What a device that is said to be lost may still need to let go of its memory.
constexpr int kLetGoSeconds = 5;

/// Second by second: a process that was stopped for long comes back to a device that has had no time either.
VkResult waitFor(VkDevice device, VkFence fence, int seconds) {
  constexpr std::uint64_t kSecond = std::chrono::nanoseconds(std::chrono::seconds(1)).count();
  VkResult result = VK_TIMEOUT;
  for (int i = 0; i < seconds && result == VK_TIMEOUT; ++i) {
    result = vkWaitForFences(device, 1, &fence, VK_TRUE, kSecond);
  }
  return result;
}

}  // namespace

Device::Device(std::shared_ptr<Instance> instance, VkPhysicalDevice physical, const std::function<void(Caps&)>& limited)
    : m_instance(std::move(instance)), m_physical(physical), m_caps(readCaps(physical)) {
  if (limited) limited(m_caps);
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
  VkPhysicalDeviceShaderIntegerDotProductFeatures dot{};
  dot.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES;
  dot.shaderIntegerDotProduct = VK_TRUE;
  if (m_caps.integerDotProduct) {
    extensions.push_back(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME);
    dot.pNext = const_cast<void*>(info.pNext);
    info.pNext = &dot;
  }
  MatrixFeatures matrices;
  if (!m_caps.matrixShapes.empty()) {
    extensions.insert(extensions.end(), MatrixFeatures::extensions().begin(), MatrixFeatures::extensions().end());
    matrices.chainInto(info);
  }
  if (m_caps.isPortabilitySubset) extensions.push_back("VK_KHR_portability_subset");
  if (m_caps.hasFloatControls) extensions.push_back(VK_KHR_SHADER_FLOAT_CONTROLS_EXTENSION_NAME);
  if (m_caps.hasMemoryBudget) extensions.push_back(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  check(vkCreateDevice(m_physical, &info, nullptr, &m_device), "vkCreateDevice",
        fmt::format("opening {}", m_caps.name));
  vkGetDeviceQueue(m_device, m_caps.queueFamily, 0, &m_queue);
}

Device::~Device() {
  if (m_device == VK_NULL_HANDLE) return;
  // Commands settle before they go; a lost device has nothing to wait for and might never say so.
  if (!m_isLost) vkDeviceWaitIdle(m_device);
  vkDestroyDevice(m_device, nullptr);
}

void Device::check(VkResult result, const char* call, const std::string& doing) {
  const auto where = [&] { return fmt::format("{}: {}", call, resultName(result)); };
  switch (result) {
    case VK_ERROR_DEVICE_LOST:
      m_isLost = true;
      throw core::Error(core::ErrorCode::DeviceLost,
                        fmt::format("{} stopped responding while {}; the CPU can go on.", m_caps.name, doing), where());
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
      throw core::Error(core::ErrorCode::OutOfMemory,
                        fmt::format("{} ran out of memory while {}; a shorter context, a smaller scheme or the CPU "
                                    "need less of it.",
                                    m_caps.name, doing),
                        where());
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      throw core::Error(core::ErrorCode::OutOfMemory,
                        fmt::format("The main memory ran out while {} on {}.", doing, m_caps.name), where());
    default:
      vk::check(result, call, doing);
  }
}

void Device::throwIfLost() const {
  if (!m_isLost) return;
  throw core::Error(
      core::ErrorCode::DeviceLost,
      fmt::format("{} stopped responding earlier and has to be opened anew; the CPU can go on.", m_caps.name));
}

VkResult Device::takeFault() {
  if (m_fault.result == VK_SUCCESS || m_fault.after-- != 0) return VK_SUCCESS;
  return std::exchange(m_fault, Fault()).result;
}

void Device::submit(VkCommandBuffer commands, VkFence fence, const std::string& doing) {
  throwIfLost();
  check(vkResetFences(m_device, 1, &fence), "vkResetFences", doing);
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  VkResult result = takeFault();
  if (result == VK_SUCCESS) result = vkQueueSubmit(m_queue, 1, &info, fence);
  check(result, "vkQueueSubmit", doing);
}

void Device::wait(VkFence fence, const std::string& doing) {
  VkResult result = takeFault();
  if (result == VK_SUCCESS) result = waitFor(m_device, fence, kHangSeconds);
  check(result == VK_TIMEOUT ? VK_ERROR_DEVICE_LOST : result, "vkWaitForFences", doing);
}

void Device::settle(VkFence fence) noexcept {
  if (waitFor(m_device, fence, m_isLost ? kLetGoSeconds : kHangSeconds) != VK_SUCCESS) m_isLost = true;
}

}  // namespace gpu::vk
