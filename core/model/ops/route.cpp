#include "core/model/ops/route.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace core::model::ops {

namespace {

/// The largest one that was not chosen yet.
std::size_t nextLargest(const float* logits, const std::vector<char>& isChosen) {
  std::size_t best = isChosen.size();
  for (std::size_t expert = 0; expert < isChosen.size(); ++expert)
    if (!isChosen[expert] && (best == isChosen.size() || logits[expert] > logits[best])) best = expert;
  return best;
}

}  // namespace

void route(const Route& route, const float* logits, std::size_t experts, std::size_t tokens, float* out) {
  const std::size_t used = route.used;
  if (route.isAll) {
    for (std::size_t i = 0; i < tokens * 2 * used; ++i) {
      const std::size_t at = i % (2 * used);
      out[i] = at < used ? static_cast<float>(at) : 1.0F;
    }
    return;
  }
  std::vector<char> isChosen(experts);
  for (std::size_t t = 0; t < tokens; ++t, logits += experts, out += 2 * used) {
    std::ranges::fill(isChosen, 0);
    for (std::size_t k = 0; k < used; ++k) {
      const std::size_t expert = nextLargest(logits, isChosen);
      isChosen[expert] = 1;
      out[k] = static_cast<float>(expert);
    }
    const float largest = logits[expertOf(out, 0)];
    double sum = 0.0;
    for (std::size_t expert = 0; expert < experts; ++expert)
      if (!route.isNormed || isChosen[expert] != 0) sum += static_cast<double>(std::exp(logits[expert] - largest));
    for (std::size_t k = 0; k < used; ++k)
      out[used + k] = static_cast<float>(static_cast<double>(std::exp(logits[expertOf(out, k)] - largest)) / sum);
  }
}

}  // namespace core::model::ops
