#include "core/evaluate/proportions.h"

#include <algorithm>
#include <cmath>

#include "core/evaluate/estimate.h"

namespace core::evaluate {

Proportion wilsonInterval(std::uint64_t right, std::uint64_t all) {
  if (all == 0) return {};
  return wilsonIntervalOf(static_cast<double>(right) / static_cast<double>(all), static_cast<double>(all));
}

Proportion wilsonIntervalOf(double share, double samples) {
  if (samples <= 0) return {share, 0, 1};
  const double p = share, n = samples, z = kConfidence95, square = z * z;
  const double middle = (p + square / (2 * n)) / (1 + square / n);
  const double half = z * std::sqrt(p * (1 - p) / n + square / (4 * n * n)) / (1 + square / n);
  return {p, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

double mcNemar(std::uint64_t turnedWrong, std::uint64_t turnedRight) {
  const auto n = static_cast<double>(turnedWrong + turnedRight);
  const std::uint64_t fewer = std::min(turnedWrong, turnedRight);
  double sum = 0;
  for (std::uint64_t k = 0; k <= fewer; ++k) {
    const auto at = static_cast<double>(k);
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(at + 1) - std::lgamma(n - at + 1) - n * std::log(2.0));
  }
  return std::min(1.0, 2 * sum);
}

}  // namespace core::evaluate
