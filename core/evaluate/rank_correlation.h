#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace core::evaluate {

/// How far one figure orders things as another does.
struct RankCorrelation {
  double rho = std::numeric_limits<double>::quiet_NaN();  ///< −1 … 1; NaN where one side does not vary
  /// 95 % of the correlations of samples drawn from these points with replacement (percentile bootstrap, Efron 1979).
  double low = std::numeric_limits<double>::quiet_NaN(), high = std::numeric_limits<double>::quiet_NaN();
  std::size_t count = 0;  ///< of points
};

/// Ranks from 1 on; equal values share the mean of theirs.
std::vector<double> ranksOf(std::span<const double> values);

/// Spearman's ρ: the correlation of the ranks (Spearman 1904), with ties. Pairs with a NaN are left out; fewer than
/// three have none. @pre as many of both
RankCorrelation rankCorrelation(std::span<const double> x, std::span<const double> y, std::uint64_t seed = 0);

/// One tensor under one scheme: what is quickly known, and the truth. NaN where it was not measured.
struct ProxyPoint {
  static constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

  std::string tensor, scheme;
  double weightError = kNotMeasured;  ///< relative, of the weights
  double outputError = kNotMeasured;  ///< relative, of the layer's outputs
  double gradientEstimate = kNotMeasured;
  double kl = kNotMeasured, klError = kNotMeasured;
};

/// Which of the quick figures order tensors as the measured KL does.
struct ProxyComparison {
  std::vector<ProxyPoint> points;
  RankCorrelation weightError, outputError, gradientEstimate;
};
ProxyComparison compareProxies(std::vector<ProxyPoint> points);

}  // namespace core::evaluate
