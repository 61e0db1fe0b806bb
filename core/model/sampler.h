#pragma once
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "core/text/tokenizer.h"

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
  text::TokenId sample(std::span<const float> logits, std::span<const text::TokenId> history);

 private:
  SamplingOptions m_options;
  std::mt19937_64 m_random;
  std::vector<std::pair<float, text::TokenId>> m_candidates;
};

}  // namespace core::model
