#include "core/train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace core::train {

double LearningRate::at(std::uint64_t step, std::uint64_t steps) const {
  if (step < warmUp) return peak * static_cast<double>(step + 1) / static_cast<double>(warmUp);
  if (decay == RateDecay::Constant || steps <= warmUp + 1) return peak;
  const double done = std::min(1.0, static_cast<double>(step - warmUp) / static_cast<double>(steps - warmUp - 1));
  const double share = decay == RateDecay::Linear ? 1.0 - done : 0.5 * (1.0 + std::cos(std::numbers::pi * done));
  return peak * (lastShare + (1.0 - lastShare) * share);
}

}  // namespace core::train
