#pragma once
#include <cstddef>

#include "core/model/op.h"

namespace core::model::ops {

/// out[i] = activation(gate[i]) · up[i] (Shazeer 2020), or what ClampedSwish makes of both. out may be gate or up.
void glu(Activation activation, const float* gate, const float* up, std::size_t count, float* out);

}  // namespace core::model::ops
