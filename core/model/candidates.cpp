#include "core/model/candidates.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace core::model {

namespace {

/// Sums of doubles over a vocabulary, in whatever order.
constexpr double kHostSumError = 1e-9;

double asNumber(float logit) {
  return std::isnan(logit) ? -std::numeric_limits<double>::infinity() : static_cast<double>(logit);
}

std::vector<Candidate> largestOf(std::span<const float> logits, std::size_t count) {
  std::vector<Candidate> best;
  best.reserve(count + 1);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const Candidate candidate{static_cast<float>(asNumber(logits[i])), static_cast<TokenId>(i)};
    if (best.size() == count && !isBetter(candidate, best.front())) continue;
    best.push_back(candidate);
    std::ranges::push_heap(best, isBetter);  // in front is the worst
    if (best.size() <= count) continue;
    std::ranges::pop_heap(best, isBetter);
    best.pop_back();
  }
  std::ranges::sort_heap(best, isBetter);
  return best;
}

}  // namespace

Candidates candidatesOf(std::span<const float> logits, const CandidatesWanted& wanted) {
  assert(wanted.count > 0 && wanted.known > 0 && wanted.known <= logits.size() && wanted.temperature > 0);
  Candidates found;
  found.known = wanted.known;
  found.error = kHostSumError;
  found.areNumbers = std::ranges::all_of(logits, [](float logit) { return std::isfinite(logit); });
  const auto known = logits.first(wanted.known);
  found.best = largestOf(known, wanted.count);
  const double largest = found.best.front().logit;
  found.logSum = largest;
  if (!std::isfinite(largest)) return found;
  const double temperature = wanted.temperature;
  double sum = 0, weighted = 0, cooled = 0;
  for (const float logit : known) {
    const double below = asNumber(logit) - largest;
    const double weight = std::exp(below);
    if (weight == 0 && temperature <= 1.0) continue;
    sum += weight;
    if (weight > 0) weighted += weight * below;
    if (temperature != 1.0) cooled += std::exp(below / temperature);
  }
  found.logSum = largest + std::log(sum);
  found.entropy = std::max(std::log(sum) - weighted / sum, 0.0);
  found.weightSum = temperature == 1.0 ? sum : cooled;
  return found;
}

}  // namespace core::model
