#include "core/model/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_set>

#include "core/base/error.h"

namespace core::model {

namespace {

/// How many candidates are asked for where all tokens may be drawn: those behind them seldom are.
constexpr std::uint32_t kMostDrawn = 64;
/// Who chooses among more reads the row.
constexpr std::uint32_t kMostWanted = 512;

void require(bool holds, const std::string& option, const std::string& expected, float found) {
  if (holds) return;
  throw Error(ErrorCode::InvalidArgument, option + " must be " + expected + ", found " + std::to_string(found) + ".",
              option);
}

/// Divides the positive logits of recent tokens by the penalty and multiplies the negative ones (Keskar et al. 2019):
/// either way they become less likely. Each token once, however often it occurred.
/// @param find the candidate of a token, null where it has none
template <typename Find>
void penalise(const Find& find, std::span<const TokenId> history, const SamplingOptions& options) {
  if (options.repetitionPenalty == 1.0F) return;
  const std::size_t window = std::min<std::size_t>(options.repetitionWindow, history.size());
  std::unordered_set<TokenId> recent;
  for (const TokenId token : history.last(window)) {
    if (!recent.insert(token).second) continue;
    Candidate* const candidate = find(token);
    if (candidate == nullptr) continue;
    float& logit = candidate->logit;
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
  const double best = sorted.front().logit;
  for (const auto& candidate : sorted) weights.push_back(portableExp((candidate.logit - best) / temperature));
  return weights;
}

/// A sum of weights, some of which may only be known to lie within 1 ± error of it.
struct Total {
  double sum = 0, error = 0;
  double least() const { return sum * (1.0 - error); }
  double most() const { return sum * (1.0 + error); }
};

Total totalOf(const std::vector<double>& weights) {
  Total total;
  for (const double weight : weights) total.sum += weight;
  return total;
}

/// Keeps the fewest candidates that hold the share p of the probability; at least one.
/// @return whether that is decided
bool keepTopP(std::vector<double>& weights, double p, const Total& total) {
  if (p >= 1.0) return true;
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    if (sum < p * total.least()) continue;
    if (sum < p * total.most()) return false;  // this one is the last or not
    weights.resize(i + 1);
    return true;
  }
  return total.error == 0;
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

TokenId Sampler::sample(std::span<const float> logits, std::span<const TokenId> history) {
  if (logits.empty()) throw Error(ErrorCode::InvalidArgument, "Expected logits to sample from, found none.");
  m_candidates.clear();
  m_candidates.reserve(logits.size());
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    m_candidates.push_back({std::isnan(logits[i]) ? kNever : logits[i], static_cast<TokenId>(i)});
  }
  const auto find = [this](TokenId token) {
    return token >= 0 && static_cast<std::size_t>(token) < m_candidates.size()
               ? &m_candidates[static_cast<std::size_t>(token)]
               : nullptr;
  };
  penalise(find, history, m_options);

  const auto best = *std::min_element(m_candidates.begin(), m_candidates.end(), isBetter);
  // Infinite logits have no temperature: an infinite best wins, and without a finite one the first is as good as any.
  if (m_options.temperature == 0 || !std::isfinite(best.logit)) return best.token;

  const std::size_t kept =
      m_options.topK == 0 ? m_candidates.size() : std::min<std::size_t>(m_options.topK, m_candidates.size());
  const auto middle = m_candidates.begin() + static_cast<std::ptrdiff_t>(kept);
  std::partial_sort(m_candidates.begin(), middle, m_candidates.end(), isBetter);
  m_candidates.resize(kept);

  std::vector<double> weights = weightsOf(m_candidates, m_options.temperature);
  keepTopP(weights, m_options.topP, totalOf(weights));
  keepMinP(weights, m_options.minP);
  return m_candidates[*draw(weights, totalOf(weights).sum, 0)].token;
}

std::optional<std::size_t> Sampler::draw(const std::vector<double>& weights, double total, double error) {
  // 53 random bits as a fraction below 1: std::uniform_real_distribution is not the same everywhere.
  if (!m_fraction) m_fraction = static_cast<double>(m_random() >> 11U) * 0x1.0p-53;
  const double threshold = *m_fraction * total;
  const double least = threshold * (1.0 - error), most = threshold * (1.0 + error);
  double sum = 0;
  std::size_t lastPossible = 0;  // where rounding carries the threshold up to the total
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    if (least < sum) {
      if (most >= sum && error > 0) return std::nullopt;  // this one or the next
      m_fraction.reset();
      return i;
    }
    if (weights[i] > 0) lastPossible = i;
  }
  if (error > 0) return std::nullopt;
  m_fraction.reset();
  return lastPossible;
}

CandidatesWanted Sampler::wanted(std::uint32_t known) const {
  CandidatesWanted wanted{.count = 1, .known = known};
  if (m_options.temperature > 0) {
    wanted.count = m_options.topK == 0 ? kMostDrawn : m_options.topK;
    if (m_options.topK == 0) wanted.temperature = m_options.temperature;
  }
  // As many as may fall behind others.
  const std::uint64_t fallen = m_options.repetitionPenalty != 1.0F ? m_options.repetitionWindow : 0;
  const std::uint64_t count = std::min<std::uint64_t>(wanted.count + fallen, known);
  wanted.count = count > kMostWanted ? 1 : static_cast<std::uint32_t>(count);
  return wanted;
}

std::optional<TokenId> Sampler::sample(const Candidates& candidates, std::span<const TokenId> history) {
  if (candidates.best.empty() || !candidates.areNumbers) return std::nullopt;
  m_candidates = candidates.best;
  std::size_t punished = 0;
  const auto find = [&](TokenId token) -> Candidate* {
    ++punished;
    const auto found = std::ranges::find(m_candidates, token, &Candidate::token);
    return found == m_candidates.end() ? nullptr : &*found;
  };
  penalise(find, history, m_options);
  const bool isGreedy = m_options.temperature == 0, drawsAll = !isGreedy && m_options.topK == 0;
  // Those behind the candidates are no better than the worst of those that kept their logits.
  const std::size_t needed = (isGreedy ? 1 : m_options.topK) + punished;
  if (!candidates.areAll() && (drawsAll ? punished > 0 : m_candidates.size() < needed)) return std::nullopt;
  std::ranges::sort(m_candidates, isBetter);
  if (isGreedy) return m_candidates.front().token;
  if (!std::isfinite(m_candidates.front().logit)) return std::nullopt;
  if (!drawsAll && m_candidates.size() > m_options.topK) m_candidates.resize(m_options.topK);

  std::vector<double> weights = weightsOf(m_candidates, m_options.temperature);
  Total total = totalOf(weights);
  bool isCut = !drawsAll || candidates.areAll();
  if (!isCut) total = {candidates.weightSum, candidates.error};
  if (!keepTopP(weights, m_options.topP, total)) return std::nullopt;
  isCut = isCut || m_options.topP < 1.0F;
  const std::size_t before = weights.size();
  keepMinP(weights, m_options.minP);
  isCut = isCut || weights.size() < before;
  if (!isCut && m_options.minP > 0) return std::nullopt;  // how many more are kept is not known
  if (isCut) total = totalOf(weights);
  const auto drawn = draw(weights, total.sum, total.error);
  return drawn ? std::optional(m_candidates[*drawn].token) : std::nullopt;
}

}  // namespace core::model
