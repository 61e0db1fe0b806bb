#include "core/numeric/normal_distribution.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace core::numeric {

double normalDensity(double x) { return std::exp(-0.5 * x * x) * std::numbers::inv_sqrtpi / std::numbers::sqrt2; }

double normalShareBelow(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

double normalQuantile(double share) {
  constexpr double kFarthest = 39;  // Φ(−39) is below the smallest double
  if (!(share > 0)) return -std::numeric_limits<double>::infinity();
  if (!(share < 1)) return std::numeric_limits<double>::infinity();
  // The lower half has all the digits of small shares.
  if (share > 0.5) return -normalQuantile(1 - share);
  double low = -kFarthest, high = 0;
  while (true) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) return middle;
    (normalShareBelow(middle) < share ? low : high) = middle;
  }
}

}  // namespace core::numeric
