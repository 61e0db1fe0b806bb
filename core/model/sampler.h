#pragma once
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "core/model/candidates.h"

namespace core::model {

/// How the next token is chosen. Applied in this order: repetition penalty, temperature, top-k, top-p, min-p, draw.
struct SamplingOptions {
  float temperature = 0.7F;        ///< ≥ 0; 0 is greedy (the first of equal maxima)
  std::uint32_t topK = 40;         ///< 0: off
  float topP = 0.95F;              ///< in (0, 1]; 1: off
  float minP = 0.05F;              ///< in [0, 1); 0: off
  float repetitionPenalty = 1.0F;  ///< ≥ 1; 1: off (Keskar et al. 2019, CTRL)
  std::uint32_t repetitionWindow = 64;
  std::uint64_t seed = 0;
  bool operator==(const SamplingOptions&) const = default;
};

/// Draws tokens; the same options, seed and logits give the same tokens on every platform.
class Sampler {
 public:
  /// @throws Error (InvalidArgument) naming the option that is out of range
  explicit Sampler(const SamplingOptions& options);
  /// @param logits [vocabulary]; NaN counts as −∞  @param history tokens so far, newest last
  TokenId sample(std::span<const float> logits, std::span<const TokenId> history);

  /// What sample() needs of rows of logits, as far as that can be said before they are known.
  /// @param known tokens that can be chosen, at least 1
  CandidatesWanted wanted(std::uint32_t known) const;
  /// The token that sample() would draw of the row they are of; nothing where they do not decide that, and the random
  /// number then waits for a sample() of the row itself.
  std::optional<TokenId> sample(const Candidates& candidates, std::span<const TokenId> history);

 private:
  /// Draws among weights whose sum is `total`, or that times 1 ± error where those behind them are not known.
  /// @return index; nothing where it takes those
  std::optional<std::size_t> draw(const std::vector<double>& weights, double total, double error);

  SamplingOptions m_options;
  std::mt19937_64 m_random;
  std::optional<double> m_fraction;  ///< drawn, but not used yet
  std::vector<Candidate> m_candidates;
};

}  // namespace core::model
