#include "core/metrics/drawn_weights.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "core/numeric/normal_distribution.h"

namespace core::metrics {

namespace {

/// In (0, 1), both ends excluded: the middle of one of 2^52 equal parts.
double share(std::mt19937_64& random) { return (static_cast<double>(random() >> 12U) + 0.5) * 0x1p-52; }

double quantile(Distribution distribution, double u) {
  switch (distribution) {
    case Distribution::Normal:
      return numeric::normalQuantile(u);
    case Distribution::Laplace:
      return (u < 0.5 ? std::log(2 * u) : -std::log(2 * (1 - u))) / std::numbers::sqrt2;
    case Distribution::Uniform:
      return (2 * u - 1) * std::numbers::sqrt3;
  }
  return 0;
}

}  // namespace

std::string_view toString(Distribution distribution) {
  switch (distribution) {
    case Distribution::Normal:
      return "normal";
    case Distribution::Laplace:
      return "laplace";
    case Distribution::Uniform:
      return "uniform";
  }
  return {};
}

std::vector<float> drawWeights(const WeightDraw& draw) {
  std::mt19937_64 random(draw.seed);
  std::vector<float> values(std::min(draw.count, WeightDraw::kMostValues));
  for (float& value : values) value = static_cast<float>(quantile(draw.distribution, share(random)));
  std::vector<std::size_t> free(values.size());
  for (std::size_t i = 0; i < free.size(); ++i) free[i] = i;
  for (std::uint32_t n = 0; n < draw.outliers && !free.empty(); ++n) {
    const std::size_t pick = static_cast<std::size_t>(random() % free.size());
    values[free[pick]] = static_cast<float>(n % 2 == 0 ? draw.outlierSize : -draw.outlierSize);
    free.erase(free.begin() + static_cast<std::ptrdiff_t>(pick));
  }
  return values;
}

}  // namespace core::metrics
