#include "core/model/kl_bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/model/probabilities.h"

namespace core::model {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// q ln(q/p)
double term(double q, double p) {
  if (q <= 0) return 0;
  return p > 0 ? q * std::log(q / p) : kInfinity;
}

/// Σ q ln(q/p) over the rest, where its mass lies on the tokens that P thinks least probable.
double worstRest(std::vector<double> rest, double mass, double most) {
  if (mass <= 0) return 0;
  const double places = most > 0 ? mass / most : static_cast<double>(rest.size());
  // A list that was rounded may leave more mass than there is room for.
  const std::size_t full = places >= static_cast<double>(rest.size()) ? rest.size() : static_cast<std::size_t>(places);
  if (full < rest.size()) std::nth_element(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(full), rest.end());
  double sum = 0;
  for (std::size_t i = 0; i < full; ++i) sum += term(most, rest[i]);
  const double left = mass - most * static_cast<double>(full);
  return full < rest.size() ? sum + term(left, rest[full]) : sum;
}

}  // namespace

KlBounds klBounds(std::span<const KnownProbability> known, std::size_t ranked, std::span<const float> logits) {
  const double all = logSumExp(logits);
  std::vector<bool> isKnown(logits.size(), false);
  double sum = 0, knownOfQ = 0, least = kInfinity;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto token = static_cast<std::size_t>(known[i].token);
    if (known[i].token < 0 || token >= logits.size() || isKnown[token])
      throw Error(ErrorCode::InvalidArgument, "Known probabilities should be of distinct tokens of the vocabulary.");
    isKnown[token] = true;
    const double q = std::exp(std::min(known[i].logProbability, 0.0));
    const double p = std::exp(static_cast<double>(logits[token]) - all);
    sum += term(q, p);
    knownOfQ += q;
    if (i < ranked) least = std::min(least, q);
  }
  KlBounds bounds;
  bounds.missing = std::clamp(1.0 - knownOfQ, 0.0, 1.0);
  std::vector<double> rest;
  double restOfP = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (isKnown[i] || !(logits[i] > -std::numeric_limits<float>::infinity())) continue;
    rest.push_back(std::exp(static_cast<double>(logits[i]) - all));
    restOfP += rest.back();
  }
  // Where everything is known, what seems to be missing was rounded away.
  if (rest.empty()) bounds.missing = 0;
  // Rounded figures may make a sum a little negative, which no divergence is.
  bounds.low = std::max(0.0, sum + term(bounds.missing, restOfP));
  bounds.high = std::max(bounds.low, sum + worstRest(std::move(rest), bounds.missing, std::min(least, 1.0)));
  return bounds;
}

}  // namespace core::model
