#pragma once
#include <cstddef>

namespace core::model::ops {

/// out[i] = silu(gate[i]) · up[i], silu(x) = x / (1 + e^−x) (Shazeer 2020). out may be gate or up.
void swiGlu(const float* gate, const float* up, std::size_t count, float* out);

}  // namespace core::model::ops
