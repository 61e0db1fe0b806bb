#pragma once
#include <vector>

#include "gpu/vk/descriptors.h"

namespace gpu {

/// The two descriptor sets of all kernels, as in shaders/common/bindings.glsl and kv_bindings.glsl.
inline std::vector<vk::BindingKind> mainBindings() {
  using enum vk::BindingKind;
  return {Storage,   // weights
          Texel,     // weights as 16-byte words
          Texel,     // weights as 4-byte words
          Storage,   // arena
          Texel,     // arena as vectors of four floats
          Storage,   // constants
          Texel,     // constants as floats
          Storage};  // state
}
inline std::vector<vk::BindingKind> kvBindings() {
  using enum vk::BindingKind;
  return {Storage,   // keys
          Storage,   // values
          Texel,     // keys as 16-byte words
          Texel,     // values as 16-byte words
          Storage};  // rotation table
}

}  // namespace gpu
