#include "core/trace/gauss_legendre.h"

#include <cmath>
#include <numbers>

namespace core::trace {

namespace {

struct Legendre {
  double value, slope;
};

/// P_n and its derivative at −1 < x < 1, by the recurrence k P_k = (2k − 1) x P_{k−1} − (k − 1) P_{k−2}.
Legendre legendre(std::size_t n, double x) {
  double value = x, before = 1.0;
  for (std::size_t k = 2; k <= n; ++k) {
    const auto degree = static_cast<double>(k);
    const double next = ((2.0 * degree - 1.0) * x * value - (degree - 1.0) * before) / degree;
    before = value;
    value = next;
  }
  return {value, static_cast<double>(n) * (x * value - before) / (x * x - 1.0)};
}

}  // namespace

std::vector<QuadratureNode> gaussLegendre(std::size_t points) {
  constexpr int kMostSteps = 20;  // a few suffice from this start
  const auto n = static_cast<double>(points);
  std::vector<QuadratureNode> nodes;
  for (std::size_t i = points; i-- > 0;) {
    double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (n + 0.5));
    Legendre at = legendre(points, x);
    for (int step = 0; step < kMostSteps; ++step) {
      const double change = at.value / at.slope;
      x -= change;
      at = legendre(points, x);
      if (std::abs(change) < 1e-15) break;
    }
    nodes.push_back({0.5 * (1.0 + x), 1.0 / ((1.0 - x * x) * at.slope * at.slope)});
  }
  return nodes;
}

}  // namespace core::trace
