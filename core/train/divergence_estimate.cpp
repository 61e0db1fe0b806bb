#include "core/train/divergence_estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/train/plain_graph.h"
#include "core/train/reverse_pass.h"

namespace core::train {

namespace {

constexpr std::size_t kRowsTogether = 512;  // logits of so many tokens are in memory
constexpr double kPriorSamples = 16.0;

using Pass = ReversePass<float>;

/// Turns the logits of a token into d log p(y) / d logits, y drawn where `at` (0 … 1) falls in the distribution.
void drawWord(std::span<float> logits, double at) {
  const float most = *std::ranges::max_element(logits);
  double sum = 0.0;
  for (float& x : logits) sum += static_cast<double>(x = std::exp(x - most));
  std::size_t word = 0;
  double rest = at * sum;
  while (word + 1 < logits.size() && (rest -= static_cast<double>(logits[word])) >= 0.0) ++word;
  for (float& x : logits) x = static_cast<float>(-static_cast<double>(x) / sum);
  logits[word] += 1.0F;
}

class Estimator {
 public:
  Estimator(const model::Graph& reference, const model::Graph& compared, const EstimateSettings& settings)
      : m_settings(settings),
        m_random(settings.seed),
        m_pass(plainGraph(reference).graph, weightsBetween(plainGraph(reference).graph, plainGraph(compared).graph),
               {Rounding::None, model::KvType::F32}) {
    for (WeightId id = 0; id < m_pass.weights().size(); ++id) {
      const PassWeight& weight = m_pass.weights()[id];
      const bool multiplies =
          std::ranges::any_of(weight.uses, [](const WeightUse& use) { return use.role == WeightRole::Matrix; });
      if (!weight.target || !multiplies) continue;
      m_wanted.slopes.push_back(id);
      m_estimates.push_back({weight.name, 0.0, 0.0, 0.0});
    }
  }

  /// @param tokens whole sequences, read together
  void read(std::span<const model::TokenId> tokens, std::size_t length, const JobContext& job) {
    const auto draws = static_cast<double>(m_settings.draws);
    const auto logits =
        m_pass.forward({tokens, length}, model::LogitsWanted::AllTokens, job.part(0.0, 1.0 / (1.0 + 2.0 * draws)));
    const std::vector<float> kept(logits.begin(), logits.end());
    const std::size_t sequences = tokens.size() / length;
    m_samples += static_cast<double>(sequences * m_settings.draws);
    for (std::size_t draw = 0; draw < m_settings.draws; ++draw) {
      const double from = (1.0 + 2.0 * static_cast<double>(draw)) / (1.0 + 2.0 * draws);
      sample(kept, sequences, job.part(from, from + 2.0 / (1.0 + 2.0 * draws)));
    }
  }

  std::vector<DivergenceEstimate> take(std::size_t length) {
    for (DivergenceEstimate& estimate : m_estimates) {
      const double tokens = m_samples * static_cast<double>(length);
      estimate.bySequence /= 2.0 * tokens;
      estimate.byPosition /= 2.0 * tokens;
      estimate.divergence =
          (m_samples * estimate.bySequence + kPriorSamples * estimate.byPosition) / (m_samples + kPriorSamples);
    }
    return std::move(m_estimates);
  }

 private:
  void sample(const std::vector<float>& logits, std::size_t sequences, const JobContext& job) {
    std::vector<float> seeds = logits;
    const std::size_t vocabulary = m_pass.graph().vocabulary(), rows = seeds.size() / vocabulary;
    std::vector<double> draws(rows);
    for (double& at : draws) at = static_cast<double>(m_random() >> 11U) * 0x1p-53;
    parallelFor(rows, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t row = first; row < last; ++row)
        drawWord(std::span(seeds).subspan(row * vocabulary, vocabulary), draws[row]);
    });
    std::vector<std::vector<double>> sums(m_estimates.size(), std::vector<double>(sequences, 0.0));
    m_wanted.visitSlopes = [&](WeightId id, std::span<const float> slopes) {
      const auto index = static_cast<std::size_t>(std::ranges::find(m_wanted.slopes, id) - m_wanted.slopes.begin());
      const std::size_t each = slopes.size() / sequences;
      for (std::size_t i = 0; i < slopes.size(); ++i) {
        const auto slope = static_cast<double>(slopes[i]);
        sums[index][i / each] += slope;
        m_estimates[index].byPosition += slope * slope;
      }
    };
    m_pass.backward(seeds, m_wanted, job);
    for (std::size_t index = 0; index < sums.size(); ++index)
      for (const double sum : sums[index]) m_estimates[index].bySequence += sum * sum;
  }

  EstimateSettings m_settings;
  std::mt19937_64 m_random;
  Pass m_pass;
  Wanted<float> m_wanted;
  std::vector<DivergenceEstimate> m_estimates;  ///< of m_wanted.slopes; sums until take()
  double m_samples = 0.0;
};

}  // namespace

std::vector<DivergenceEstimate> estimateDivergences(const model::Graph& reference, const model::Graph& compared,
                                                    std::span<const model::TokenId> tokens, std::size_t length,
                                                    const EstimateSettings& settings, const JobContext& job) {
  if (length == 0 || tokens.empty() || tokens.size() % length != 0)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} tokens are no whole sequences of {}.", tokens.size(), length));
  Estimator estimator(reference, compared, settings);
  const std::size_t together = std::max<std::size_t>(kRowsTogether / length, 1) * length;
  for (std::size_t first = 0; first < tokens.size(); first += together) {
    const auto count = static_cast<double>(tokens.size()), from = static_cast<double>(first);
    const std::size_t part = std::min(together, tokens.size() - first);
    estimator.read(tokens.subspan(first, part), length,
                   job.part(from / count, (from + static_cast<double>(part)) / count));
  }
  return estimator.take(length);
}

}  // namespace core::train
