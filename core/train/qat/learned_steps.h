#pragma once
#include "core/train/qat/learned_ranges.h"

namespace core::train {

/// Learned step sizes (LSQ, Esser et al. 2020; with zero-points LSQ+, Bhalgat et al. 2020). A step is its first value,
/// which the scheme's own method chose, times exp(θ): it stays positive and moves by shares of itself, whatever its
/// size (as the thresholds of TQT do, Jain et al. 2020). θ begins with 0, hence
///
///   ∂/∂θ = s · ∂/∂s,  and both ∂/∂θ and ∂/∂Z times LSQ's 1 / sqrt(N · qmax) for N weights that share them
///
/// A zero-point is a float that is rounded to a whole number within the levels, straight through. A group of zeros
/// keeps its scale of 0. Parameters: NAME.log_step and NAME.zero_point, [groups].
class LearnedSteps final : public LearnedRanges {
 public:
  /// @param first what the scheme made of the weights  @param groupSizes [groups] weights that share a scale
  /// @param rateFactor Parameter::rateFactor
  LearnedSteps(std::string name, const quant::Uniform& first, std::vector<std::uint64_t> groupSizes, double rateFactor);

  std::vector<Parameter> initial() const override;
  void make(std::span<const Parameter> ranges, const std::vector<float>& latent, quant::Uniform& codes,
            const JobContext& job) override;
  void add(const quant::Uniform& codes, std::uint64_t group, const GridGradient& gradient,
           std::span<Parameter> ranges) const override;
  Clipping clipping() const override { return Clipping::BeforeRounding; }

 private:
  std::string m_name;
  std::vector<float> m_steps, m_zeroPoints;  ///< as they begin
  std::vector<float> m_factors;              ///< [groups] 1 / sqrt(N · qmax)
  quant::UniformLevels m_level;
  double m_rateFactor;
};

}  // namespace core::train
