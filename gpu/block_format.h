#pragma once
#include "core/tensor/dtype.h"

namespace gpu {

struct PackedFormat;

/// Completes the format of a tensor of GGUF blocks, whose rows and units are already set.
/// @return false when no kernel reads the type
bool chooseBlockFormat(core::tensor::DType type, PackedFormat& format);

}  // namespace gpu
