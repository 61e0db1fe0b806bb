#pragma once
#include <span>

#include "core/train/ops/batch.h"
#include "core/train/ops/weight_panel.h"

namespace core::train::ops {

/// out[t] = x[t] / sqrt(mean(x[t]²) + epsilon) · weight, sums in double. @param weight null: 1  @param width of a row
template <typename Real>
void rmsNorm(const PassWeight* weight, std::size_t width, float epsilon, const Batch& batch, const Real* in, Real* out);

/// With s = 1 / sqrt(mean(x²) + epsilon) and u = gradient · weight:
///   ∂x = s · u − x · s³ / width · Σ u · x,   ∂weight = Σ_t gradient · x · s
/// @param inGradient is added to; null: not wanted  @param weightGradient [width], likewise
template <typename Real>
void rmsNormReverse(const PassWeight* weight, std::size_t width, float epsilon, const Batch& batch, const Real* in,
                    const Real* gradient, Real* inGradient, Real* weightGradient);

}  // namespace core::train::ops
