#pragma once

namespace core {

/// Bytes per second all cores together read from main memory, measured now over a buffer far larger than the caches
/// (best of a few passes, about 0.2 s). The limit of decoding on the CPU and on software Vulkan devices.
double measureHostReadBandwidth();

}  // namespace core
