#include <algorithm>
#include <cmath>

#include "core/trace/attribution.h"

namespace core::trace {

Objective Objective::difference(model::TokenId a, model::TokenId b) { return {{{a, 1.0}, {b, -1.0}}}; }

Objective Objective::against(model::TokenId a, std::span<const float> logits, double least) {
  const auto own = static_cast<std::size_t>(a);
  double largest = -INFINITY, total = 0.0;
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (i != own) largest = std::max(largest, static_cast<double>(logits[i]));
  const auto weight = [&](std::size_t i) { return std::exp(static_cast<double>(logits[i]) - largest); };
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (i != own) total += weight(i);
  Objective objective{{{a, 1.0}}};
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (i != own && weight(i) / total >= least)
      objective.terms.push_back({static_cast<model::TokenId>(i), -weight(i) / total});
  return objective;
}

double Objective::of(std::span<const float> logits) const {
  double sum = 0.0;
  for (const Term& term : terms)
    sum += term.coefficient * static_cast<double>(logits[static_cast<std::size_t>(term.token)]);
  return sum;
}

}  // namespace core::trace
