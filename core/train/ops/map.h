#pragma once
#include <cstddef>

#include "core/model/op.h"

namespace core::train::ops {

/// out[i] = f(in[i])
template <typename Real>
void map(const model::Map& map, const Real* in, std::size_t count, Real* out);

/// inGradient[i] += gradient[i] · f′(in[i]);  of c · tanh(x / c) it is 1 − tanh²(x / c).
template <typename Real>
void mapReverse(const model::Map& map, const Real* in, const Real* gradient, std::size_t count, Real* inGradient);

}  // namespace core::train::ops
