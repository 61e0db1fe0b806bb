#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace gpu::vk {

/// A kernel's SPIR-V, compiled at build time and embedded (the list: gpu/shaders/CMakeLists.txt).
/// @throws core::Error (NotFound) for a name that is not in the table
std::span<const std::uint32_t> shaderWords(std::string_view name);
/// Whether it is in the table: some kernels are only there where the shader compiler could write them.
bool hasShader(std::string_view name);

}  // namespace gpu::vk
