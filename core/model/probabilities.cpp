#include "core/model/probabilities.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace core::model {

namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

double logit(float value) { return std::isnan(value) ? kMinusInfinity : static_cast<double>(value); }

/// log of the softmax probability; −∞ when it is zero or the row has no finite sum.
double logProbability(float value, double logSum) {
  const double result = logit(value) - logSum;
  return std::isnan(result) ? kMinusInfinity : result;
}

}  // namespace

double logSumExp(std::span<const float> logits) {
  double largest = kMinusInfinity;
  for (const float value : logits) largest = std::max(largest, logit(value));
  if (!std::isfinite(largest)) return largest;
  double sum = 0.0;
  for (const float value : logits) sum += std::exp(logit(value) - largest);
  return largest + std::log(sum);
}

float probabilityOf(std::span<const float> logits, TokenId token) {
  assert(token >= 0 && static_cast<std::size_t>(token) < logits.size());
  return static_cast<float>(std::exp(logProbability(logits[static_cast<std::size_t>(token)], logSumExp(logits))));
}

std::vector<TokenProbability> topProbabilities(std::span<const float> logits, std::size_t k) {
  std::vector<TokenId> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto value = [&](TokenId token) { return logit(logits[static_cast<std::size_t>(token)]); };
  const auto last = order.begin() + static_cast<std::ptrdiff_t>(std::min(k, order.size()));
  std::partial_sort(order.begin(), last, order.end(),
                    [&](TokenId a, TokenId b) { return value(a) != value(b) ? value(a) > value(b) : a < b; });
  const double logSum = logSumExp(logits);
  std::vector<TokenProbability> top;
  for (auto token = order.begin(); token != last; ++token) {
    const float logitValue = logits[static_cast<std::size_t>(*token)];
    top.push_back({*token, static_cast<float>(std::exp(logProbability(logitValue, logSum)))});
  }
  return top;
}

double entropy(std::span<const float> logits) {
  const double logSum = logSumExp(logits);
  double sum = 0.0;
  for (const float value : logits) {
    const double logP = logProbability(value, logSum);
    if (logP != kMinusInfinity) sum -= std::exp(logP) * logP;
  }
  return std::max(sum, 0.0);
}

double klDivergence(std::span<const float> pLogits, std::span<const float> qLogits) {
  assert(pLogits.size() == qLogits.size());
  const auto isNan = [](float value) { return std::isnan(value); };
  const double pSum = logSumExp(pLogits);
  const double qSum = logSumExp(qLogits);
  // Left out, such logits would look like agreement.
  if (!std::isfinite(pSum) || !std::isfinite(qSum) || std::ranges::any_of(pLogits, isNan) ||
      std::ranges::any_of(qLogits, isNan))
    return std::numeric_limits<double>::quiet_NaN();
  double divergence = 0.0;
  for (std::size_t i = 0; i < pLogits.size(); ++i) {
    const double logP = logProbability(pLogits[i], pSum);
    const double logQ = logProbability(qLogits[i], qSum);
    if (logP != kMinusInfinity) divergence += std::exp(logP) * (logP - logQ);
  }
  return std::max(divergence, 0.0);  // rounding may leave a tiny negative number for equal rows
}

std::size_t knownTokens(std::size_t vocabulary, std::size_t known) {
  return known == 0 ? vocabulary : std::min(known, vocabulary);
}

void ruleOutUnknown(std::span<float> logits, std::size_t vocabulary, std::size_t known) {
  if (known >= vocabulary) return;
  for (std::size_t row = 0; row < logits.size(); row += vocabulary) {
    std::ranges::fill(logits.subspan(row + known, vocabulary - known), -std::numeric_limits<float>::infinity());
  }
}

}  // namespace core::model
