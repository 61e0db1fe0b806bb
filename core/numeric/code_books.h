#pragma once
#include <span>

namespace core::numeric {

/// Values of 4-bit NormalFloat: 16 values, ascending, −1 … 1, code 7 is 0. Quantiles of a Gaussian, scaled to absmax 1.
/// Source: Dettmers et al., QLoRA (2023), appendix E; as float32 in bitsandbytes.
std::span<const float> nf4CodeBook();

/// Values of the 4-bit float of bitsandbytes, in code order: sign bit 3, then the 3-bit pattern
/// 0, 1/192, 2/3, 1, 1/3, 1/2, 1/6, 1/4. Not sorted, and not OCP E2M1; codes 0 and 8 are both +0.
std::span<const float> fp4CodeBook();

/// The signed dynamic 8-bit map of bitsandbytes, the code of nested absmax values: 256 values, ascending,
/// −0.99297 … 1, code 127 is 0. Source: Dettmers, 8-bit Approximations (2015) and bitsandbytes.
std::span<const float> dynamicMapSigned();

/// Its unsigned sister, the code of second moments in 8-bit optimizers: 256 values, ascending, 0 … 1. For every power
/// of ten 10^(i − 6), i = 0 … 6, the middles of 2^(i + 1) equal parts of [0.1, 1], then 0 and 1.
std::span<const float> dynamicMapUnsigned();

}  // namespace core::numeric
