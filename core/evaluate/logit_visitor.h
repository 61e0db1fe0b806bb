#pragma once
#include <cstddef>
#include <functional>
#include <span>

namespace core::evaluate {

/// Shown what a model expects after reading a text as far as `position`, that token included: [vocabulary] logits,
/// valid during the call. Positions come in order.
using LogitVisitor = std::function<void(std::size_t position, std::span<const float> logits)>;

}  // namespace core::evaluate
