#pragma once
#include <algorithm>
#include <array>

#include "gpu/shaders/common/param_words.h"
#include "gpu/vk/caps.h"
#include "gpu/vk/descriptors.h"

namespace gpu {

/// The two descriptor sets of all kernels: kinds of the bindings that shaders/common/interface.h numbers.
inline constexpr std::array kMainKinds = [] {
  std::array<vk::BindingKind, kMainBindings> kinds{};
  kinds.fill(vk::BindingKind::Storage);
  for (const uint texels :
       {kWeightQuadTexelsBinding, kWeightWordTexelsBinding, kArenaTexelsBinding, kConstantTexelsBinding})
    kinds[texels] = vk::BindingKind::Texel;
  kinds[kTablesBinding] = vk::BindingKind::Uniform;
  return kinds;
}();
inline constexpr std::array kKvKinds = [] {
  std::array<vk::BindingKind, kKvBindings> kinds{};
  kinds.fill(vk::BindingKind::Storage);
  for (const uint texels : {kKeyTexelsBinding, kValueTexelsBinding}) kinds[texels] = vk::BindingKind::Texel;
  return kinds;
}();
static_assert(std::ranges::count(kMainKinds, vk::BindingKind::Storage) +
                  std::ranges::count(kKvKinds, vk::BindingKind::Storage) ==
              vk::kNeededStorageBuffers);
static_assert(kAllLatticeWords + 64 <= kTableWords);  // and levels
static_assert(kTableWords * 4 == vk::kNeededUniformBytes);

}  // namespace gpu
