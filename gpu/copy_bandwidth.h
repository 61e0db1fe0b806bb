#pragma once
#include <memory>

namespace gpu {

class VulkanDevice;

/// Bytes per second that the device reads and writes when it copies within its memory, measured now over buffers far
/// larger than its caches (the best of a few runs): what decoding can reach. 0 where there is no room for them.
/// @throws core::Error (Device, DeviceLost)
double measureCopyBandwidth(VulkanDevice& device);

}  // namespace gpu
