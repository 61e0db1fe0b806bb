#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace gpu::vk {

/// Values of a shader's specialization constants by their ids.
using Specialization = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

}  // namespace gpu::vk
