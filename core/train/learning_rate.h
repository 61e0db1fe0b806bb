#pragma once
#include <cstdint>

namespace core::train {

enum class RateDecay : std::uint8_t { Constant, Linear, Cosine };

/// A learning rate that rises linearly over the first steps, then falls to `lastShare` of itself at the last one:
/// cosine (Loshchilov & Hutter 2017, SGDR, without restarts) or linearly.
struct LearningRate {
  double peak = 1e-3;
  std::uint64_t warmUp = 10;  ///< steps
  RateDecay decay = RateDecay::Cosine;
  double lastShare = 0.02;  ///< of peak

  /// @param step from 0  @param steps of the run
  double at(std::uint64_t step, std::uint64_t steps) const;
};

}  // namespace core::train
