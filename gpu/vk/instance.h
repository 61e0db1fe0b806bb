#pragma once
#include <memory>
#include <vector>

#include "gpu/vk/api.h"

namespace gpu::vk {

/// The process's Vulkan instance; shared by everything that lives on it.
class Instance {
 public:
  /// The living instance or a new one; null when there is no Vulkan loader or it has no usable driver.
  /// With the environment variable QS_VULKAN_VALIDATION=1 the Khronos validation layer is switched on where installed.
  /// With "hazards" it looks for missing barriers, too; it knows whole buffers only, and takes what one step makes in
  /// several dispatches (weights in several blocks, grids that are cut) for such.
  /// Thread-safe.
  static std::shared_ptr<Instance> get();
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  std::vector<VkPhysicalDevice> physicalDevices() const;
  /// Errors and warnings that the validation layer has reported since the process started.
  static unsigned validationMessages();
  bool isValidating() const { return m_messenger != VK_NULL_HANDLE; }

 private:
  Instance() = default;
  bool create();

  VkInstance m_instance = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT m_messenger = VK_NULL_HANDLE;
};

}  // namespace gpu::vk
