#pragma once

namespace gpu {

class VulkanDevice;

/// Operations on float32 numbers that the device does per second at most in a shader, a multiply-add being two:
/// measured now by chains of them in registers (the best of a few runs, some 0.1 s). Matrix units are not asked: the
/// kernels here compute in float32. 0 where the device has no room for 2 MiB of results.
/// @throws core::Error (Device, DeviceLost)
double measureArithmetic(VulkanDevice& device);

}  // namespace gpu
