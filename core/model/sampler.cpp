#include "core/model/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_set>

#include "core/base/error.h"

namespace core::model {

namespace {

using Candidate = std::pair<float, text::TokenId>;

void require(bool holds, const std::string& option, const std::string& expected, float found) {
  if (holds) return;
  throw Error(ErrorCode::InvalidArgument, option + " must be " + expected + ", found " + std::to_string(found) + ".",
              option);
}

/// Most probable first; equal ones by lower id, so that the order never depends on the sort.
bool isBetter(const Candidate& a, const Candidate& b) {
  return a.first > b.first || (a.first == b.first && a.second < b.second);
}

/// Divides the positive logits of recent tokens by the penalty and multiplies the negative ones (Keskar et al. 2019):
/// either way they become less likely. Each token once, however often it occurred.
void penalise(std::vector<Candidate>& candidates, std::span<const text::TokenId> history,
              const SamplingOptions& options) {
  if (options.repetitionPenalty == 1.0F) return;
  const std::size_t window = std::min<std::size_t>(options.repetitionWindow, history.size());
  std::unordered_set<text::TokenId> recent;
  for (const text::TokenId token : history.last(window)) {
    if (token < 0 || static_cast<std::size_t>(token) >= candidates.size() || !recent.insert(token).second) continue;
    float& logit = candidates[static_cast<std::size_t>(token)].first;
    logit = logit > 0 ? logit / options.repetitionPenalty : logit * options.repetitionPenalty;
  }
}

/// exp(x) for x ≤ 0 to double precision from IEEE basic operations alone: libraries round exp differently, and one
/// last bit is enough to change which token a seed draws.
double portableExp(double x) {
  if (x < -708.0) return 0.0;
  constexpr double kLog2e = 1.4426950408889634;
  constexpr double kLn2High = 0.693147180369123816490;  // its product with a small integer is exact
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  const double n = std::floor(x * kLog2e + 0.5);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 1.0;
  for (int k = 14; k >= 1; --k) sum = 1.0 + r * sum / static_cast<double>(k);
  return std::ldexp(sum, static_cast<int>(n));
}

/// Probabilities relative to the first candidate's, which is the largest.
std::vector<double> weightsOf(const std::vector<Candidate>& sorted, double temperature) {
  std::vector<double> weights;
  weights.reserve(sorted.size());
  const double best = sorted.front().first;
  for (const auto& candidate : sorted) weights.push_back(portableExp((candidate.first - best) / temperature));
  return weights;
}

/// Keeps the fewest candidates that hold the share p of the probability; at least one.
void keepTopP(std::vector<double>& weights, double p) {
  if (p >= 1.0) return;
  double total = 0;
  for (const double weight : weights) total += weight;
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    if (sum >= p * total) {
      weights.resize(i + 1);
      return;
    }
  }
}

/// Keeps candidates at least minP as probable as the first.
void keepMinP(std::vector<double>& weights, double minP) {
  const auto end = std::find_if(weights.begin(), weights.end(), [&](double weight) { return weight < minP; });
  weights.erase(end, weights.end());
}

}  // namespace

Sampler::Sampler(const SamplingOptions& options) : m_options(options), m_random(options.seed) {
  // Written so that NaN fails every one of them.
  const auto finite = [](float v) { return std::isfinite(v); };
  require(finite(options.temperature) && options.temperature >= 0, "Temperature", "a finite number of 0 or more",
          options.temperature);
  require(options.topP > 0 && options.topP <= 1, "Top-p", "above 0 and at most 1", options.topP);
  require(options.minP >= 0 && options.minP < 1, "Min-p", "at least 0 and below 1", options.minP);
  require(finite(options.repetitionPenalty) && options.repetitionPenalty >= 1, "Repetition penalty", "1 or more",
          options.repetitionPenalty);
}

text::TokenId Sampler::sample(std::span<const float> logits, std::span<const text::TokenId> history) {
  if (logits.empty()) throw Error(ErrorCode::InvalidArgument, "Expected logits to sample from, found none.");
  m_candidates.clear();
  m_candidates.reserve(logits.size());
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    m_candidates.emplace_back(std::isnan(logits[i]) ? kNever : logits[i], static_cast<text::TokenId>(i));
  }
  penalise(m_candidates, history, m_options);

  const auto best = *std::min_element(m_candidates.begin(), m_candidates.end(), isBetter);
  // Infinite logits have no temperature: an infinite best wins, and without a finite one the first is as good as any.
  if (m_options.temperature == 0 || !std::isfinite(best.first)) return best.second;

  const std::size_t kept =
      m_options.topK == 0 ? m_candidates.size() : std::min<std::size_t>(m_options.topK, m_candidates.size());
  const auto middle = m_candidates.begin() + static_cast<std::ptrdiff_t>(kept);
  std::partial_sort(m_candidates.begin(), middle, m_candidates.end(), isBetter);
  m_candidates.resize(kept);

  std::vector<double> weights = weightsOf(m_candidates, m_options.temperature);
  keepTopP(weights, m_options.topP);
  keepMinP(weights, m_options.minP);

  double total = 0;
  for (const double weight : weights) total += weight;
  // 53 random bits as a fraction below 1: std::uniform_real_distribution is not the same everywhere.
  const double threshold = static_cast<double>(m_random() >> 11U) * 0x1.0p-53 * total;
  double sum = 0;
  std::size_t lastPossible = 0;  // where rounding carries the threshold up to the total
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    if (threshold < sum) return m_candidates[i].second;
    if (weights[i] > 0) lastPossible = i;
  }
  return m_candidates[lastPossible].second;
}

}  // namespace core::model
