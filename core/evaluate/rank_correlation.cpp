#include "core/evaluate/rank_correlation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

namespace core::evaluate {

namespace {

constexpr std::size_t kResamples = 2000;
constexpr double kTail = 0.025;

double correlation(std::span<const double> x, std::span<const double> y) {
  const auto count = static_cast<double>(x.size());
  const double meanX = std::accumulate(x.begin(), x.end(), 0.0) / count;
  const double meanY = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double xx = 0.0, yy = 0.0, xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - meanX) * (x[i] - meanX);
    yy += (y[i] - meanY) * (y[i] - meanY);
    xy += (x[i] - meanX) * (y[i] - meanY);
  }
  return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : std::numeric_limits<double>::quiet_NaN();
}

double spearman(std::span<const double> x, std::span<const double> y) { return correlation(ranksOf(x), ranksOf(y)); }

}  // namespace

std::vector<double> ranksOf(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first + 1;
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    const double rank = static_cast<double>(first + last + 1) / 2.0;
    for (; first < last; ++first) ranks[order[first]] = rank;
  }
  return ranks;
}

RankCorrelation rankCorrelation(std::span<const double> x, std::span<const double> y, std::uint64_t seed) {
  assert(x.size() == y.size());
  std::vector<double> known[2];
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) continue;
    known[0].push_back(x[i]);
    known[1].push_back(y[i]);
  }
  RankCorrelation result;
  result.count = known[0].size();
  if (result.count < 3) return result;
  result.rho = spearman(known[0], known[1]);
  if (std::isnan(result.rho)) return result;
  std::mt19937_64 random(seed);
  std::vector<double> drawn[2] = {std::vector<double>(result.count), std::vector<double>(result.count)};
  std::vector<double> correlations;
  for (std::size_t resample = 0; resample < kResamples; ++resample) {
    for (std::size_t i = 0; i < result.count; ++i) {
      const std::size_t from = random() % result.count;  // distributions of the library differ between systems
      drawn[0][i] = known[0][from];
      drawn[1][i] = known[1][from];
    }
    if (const double rho = spearman(drawn[0], drawn[1]); !std::isnan(rho)) correlations.push_back(rho);
  }
  if (correlations.empty()) return result;
  std::ranges::sort(correlations);
  const auto last = static_cast<double>(correlations.size() - 1);
  result.low = correlations[static_cast<std::size_t>(std::lround(kTail * last))];
  result.high = correlations[static_cast<std::size_t>(std::lround((1.0 - kTail) * last))];
  return result;
}

ProxyComparison compareProxies(std::vector<ProxyPoint> points) {
  const auto column = [&](double ProxyPoint::*figure) {
    std::vector<double> values;
    for (const ProxyPoint& point : points) values.push_back(point.*figure);
    return values;
  };
  const std::vector<double> truth = column(&ProxyPoint::kl);
  ProxyComparison comparison;
  comparison.weightError = rankCorrelation(column(&ProxyPoint::weightError), truth);
  comparison.outputError = rankCorrelation(column(&ProxyPoint::outputError), truth);
  comparison.gradientEstimate = rankCorrelation(column(&ProxyPoint::gradientEstimate), truth);
  comparison.points = std::move(points);
  return comparison;
}

}  // namespace core::evaluate
