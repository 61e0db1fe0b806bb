#include "gpu/kernels/recorder.h"

#include <algorithm>
#include <bit>

namespace gpu {

KernelChoice KernelChoice::forDevice(const vk::Caps& caps, vk::KernelFamily family) {
  KernelChoice choice;
  choice.family = family;
  // A workgroup of the smallest possible size is one subgroup whatever size the driver picks.
  choice.lanes = std::clamp<std::uint32_t>(std::bit_floor(std::max(caps.minSubgroupSize, 4U)), 4, 32);
  if (caps.hasSubgroupSizeControl && caps.minSubgroupSize != caps.maxSubgroupSize) {
    choice.lanes = std::clamp<std::uint32_t>(std::bit_floor(std::max(caps.subgroupSize, 4U)), 4, 32);
    choice.subgroupSize = std::max(choice.lanes, caps.minSubgroupSize);
  }
  choice.splits = std::clamp<std::uint32_t>(caps.maxWorkgroupInvocations / 32, 1, 8);
  const auto sharedBytes = [](std::uint32_t tokens) { return 32 * (65 + tokens + 1) * 4; };
  choice.maxTileTokens = caps.maxWorkgroupInvocations < 256             ? 0
                         : sharedBytes(64) <= caps.maxSharedMemoryBytes ? 64
                                                                        : 32;
  return choice;
}

}  // namespace gpu
