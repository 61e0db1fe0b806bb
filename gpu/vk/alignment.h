#pragma once
#include <cstdint>

namespace gpu::vk {

/// Where a descriptor or a texel buffer may begin in a buffer: no device asks for more.
inline constexpr std::uint64_t kOffsetAlignment = 256;

constexpr std::uint64_t alignDown(std::uint64_t bytes) { return bytes / kOffsetAlignment * kOffsetAlignment; }
constexpr std::uint64_t alignUp(std::uint64_t bytes) { return alignDown(bytes + kOffsetAlignment - 1); }

}  // namespace gpu::vk
