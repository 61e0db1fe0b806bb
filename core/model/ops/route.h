#pragma once
#include <cstddef>
#include <span>

#include "core/model/op.h"

namespace core::model::ops {

/// Which experts each token goes through, and how much each counts (Route).
/// @param weight, bias [experts], decoded, or empty
/// @param logits [tokens, experts]  @param out [tokens, 2 · used]: numbers, the best one's first, then weights. Numbers
///        are in [0, experts) and differ, whatever the logits are
void route(const Route& route, std::span<const float> weight, std::span<const float> bias, const float* logits,
           std::size_t experts, std::size_t tokens, float* out);

/// Number k of a token's experts. @param routes of the token
inline std::size_t expertOf(const float* routes, std::size_t k) { return static_cast<std::size_t>(routes[k]); }

}  // namespace core::model::ops
