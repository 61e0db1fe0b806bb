#include "core/model/ops/experts.h"

#include <algorithm>
#include <vector>

#include "core/model/ops/matmul.h"
#include "core/model/ops/route.h"

namespace core::model::ops {

namespace {

struct Use {
  std::size_t token, slot;
};

std::vector<std::vector<Use>> usesByExpert(std::size_t experts, std::size_t used, const float* routes,
                                           std::size_t tokens) {
  std::vector<std::vector<Use>> uses(experts);
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t k = 0; k < used; ++k) uses[expertOf(routes + t * 2 * used, k)].push_back({t, k});
  return uses;
}

}  // namespace

void expertMatMul(const ExpertMatMul& product, std::span<const float> bias, const ExpertSlots& slots, const float* in,
                  const float* routes, std::size_t tokens, float* out) {
  const std::size_t experts = product.weight->shape[0], rows = product.outWidth(), width = product.weight->rowValues();
  const std::size_t inStride = slots.inWidth == width ? 0 : slotStride(width), outStride = slotStride(rows);
  std::fill_n(out, tokens * slots.outWidth, 0.0F);
  std::vector<float> inputs, made;
  const auto uses = usesByExpert(experts, slots.used, routes, tokens);
  for (std::size_t expert = 0; expert < experts; ++expert) {
    const std::vector<Use>& own = uses[expert];
    if (own.empty()) continue;
    inputs.resize(own.size() * width);
    made.resize(own.size() * rows);
    for (std::size_t i = 0; i < own.size(); ++i)
      std::copy_n(in + own[i].token * slots.inWidth + own[i].slot * inStride, width, inputs.data() + i * width);
    const auto ownBias = bias.empty() ? bias : bias.subspan(expert * rows, rows);
    matMulRows(*product.weight, {expert * rows, rows}, ownBias, inputs.data(), own.size(), made.data());
    for (std::size_t i = 0; i < own.size(); ++i)
      std::copy_n(made.data() + i * rows, rows, out + own[i].token * slots.outWidth + own[i].slot * outStride);
  }
}

void mixExperts(std::size_t used, const float* in, const float* routes, std::size_t tokens, std::size_t width,
                float* out) {
  const std::size_t stride = slotStride(width);
  for (std::size_t t = 0; t < tokens; ++t, in += used * stride, routes += 2 * used, out += width) {
    std::fill_n(out, width, 0.0F);
    for (std::size_t k = 0; k < used; ++k)
      for (std::size_t i = 0; i < width; ++i) out[i] += routes[used + k] * in[k * stride + i];
  }
}

}  // namespace core::model::ops
