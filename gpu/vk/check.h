#pragma once
#include <string>

#include "gpu/vk/api.h"

namespace gpu::vk {

/// "VK_ERROR_OUT_OF_DEVICE_MEMORY"
std::string resultName(VkResult result);

/// @param call name of the Vulkan function  @param doing what it was for, e.g. "uploading blk.0.attn_q.weight"
/// @throws core::Error when `result` is an error: OutOfMemory, DeviceLost or Device
void check(VkResult result, const char* call, const std::string& doing);

}  // namespace gpu::vk
