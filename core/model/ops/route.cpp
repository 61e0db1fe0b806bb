#include "core/model/ops/route.h"

#include "core/model/ops/route_choice.h"

namespace core::model::ops {

void route(const Route& route, std::span<const float> weight, std::span<const float> bias, const float* logits,
           std::size_t experts, std::size_t tokens, float* out) {
  const std::size_t used = route.used;
  if (route.isAll) {
    for (std::size_t i = 0; i < tokens * 2 * used; ++i) {
      const std::size_t at = i % (2 * used);
      out[i] = at < used ? static_cast<float>(at) : 1.0F;
    }
    return;
  }
  RouteChoice<float> choice(route, bias, experts);
  for (std::size_t t = 0; t < tokens; ++t, logits += experts, out += 2 * used) {
    choice.choose(logits);
    for (std::size_t k = 0; k < used; ++k) {
      const std::size_t expert = choice.chosen()[k];
      const float factor = weight.empty() ? route.scale : route.scale * weight[expert];
      out[k] = static_cast<float>(expert);
      out[used + k] = static_cast<float>(choice.scores()[expert] / choice.divisor()) * factor;
    }
  }
}

}  // namespace core::model::ops
