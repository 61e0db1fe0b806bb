#include "core/classic/scores.h"

#include <cmath>
#include <cstddef>

namespace core::classic {

namespace {

template <class Term>
double mean(std::span<const float> targets, const Term& term) {
  double sum = 0.0;
  for (std::size_t i = 0; i < targets.size(); ++i) sum += term(static_cast<double>(targets[i]), i);
  return sum / static_cast<double>(targets.size());
}

}  // namespace

double rSquared(std::span<const float> targets, std::span<const double> predictions) {
  const double centre = mean(targets, [](double y, std::size_t) { return y; });
  const double all = mean(targets, [&](double y, std::size_t) { return (y - centre) * (y - centre); });
  const double left =
      mean(targets, [&](double y, std::size_t i) { return (y - predictions[i]) * (y - predictions[i]); });
  return all == 0.0 ? std::nan("") : 1.0 - left / all;
}

double meanAbsoluteError(std::span<const float> targets, std::span<const double> predictions) {
  return mean(targets, [&](double y, std::size_t i) { return std::fabs(y - predictions[i]); });
}

double accuracy(std::span<const float> targets, std::span<const double> predictions) {
  return mean(targets, [&](double y, std::size_t i) { return y == predictions[i] ? 1.0 : 0.0; });
}

}  // namespace core::classic
