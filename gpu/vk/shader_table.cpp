#include "gpu/vk/shader_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"

namespace gpu::vk {

namespace {
#include "shader_table_data.inc"

const auto* find(std::string_view name) {
  return std::find_if(std::begin(kShaders), std::end(kShaders), [&](const auto& s) { return s.first == name; });
}
}  // namespace

std::span<const std::uint32_t> shaderWords(std::string_view name) {
  const auto* found = find(name);
  if (found == std::end(kShaders)) {
    throw core::Error(core::ErrorCode::NotFound, fmt::format("There is no kernel named {}.", name));
  }
  return found->second;
}

bool hasShader(std::string_view name) { return find(name) != std::end(kShaders); }

}  // namespace gpu::vk
