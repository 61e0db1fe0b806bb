#pragma once
#include "core/tensor/dtype.h"
#include "gpu/vk/caps.h"

namespace gpu {

struct PackedFormat;

/// Completes the format of a tensor of GGUF blocks, whose rows and units are already set.
/// @return false when no kernel reads the type
bool chooseBlockFormat(core::tensor::DType type, vk::KernelFamily family, PackedFormat& format);

}  // namespace gpu
