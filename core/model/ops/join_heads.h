#pragma once
#include <cstddef>

namespace core::model::ops {

/// out[t] head h = head h of x, then head h of y (model::JoinHeads).
/// @param xWidth, yWidth of rows  @param second heads of y, as many or 1  @param out [tokens, heads · (sizes of both)]
void joinHeads(std::size_t heads, std::size_t second, const float* x, std::size_t xWidth, const float* y,
               std::size_t yWidth, std::size_t tokens, float* out);

}  // namespace core::model::ops
