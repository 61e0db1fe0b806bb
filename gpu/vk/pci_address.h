#pragma once
#include <string>

#include "gpu/vk/api.h"

namespace gpu::vk {

/// Where a device is on the PCI bus, "0000:01:00.0", by which other libraries know it; empty where the driver does not
/// say, or it is on none.
std::string pciAddressOf(VkPhysicalDevice device);

}  // namespace gpu::vk
