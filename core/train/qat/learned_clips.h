#pragma once
#include "core/train/qat/learned_ranges.h"

namespace core::train {

/// Learnable weight clipping (OmniQuant, Shao et al. 2024): the levels of a group span shares of the range that its
/// latent weights have now, [−n, p]:
///
///   symmetric        s = σ(γ) · max(n, p) / qmax
///   with zero-points s = (σ(β) · n + σ(γ) · p) / (qmax − qmin),  Z = round(qmin + σ(β) · n / s)
///
/// They begin with the shares that the scheme's own range has, but at most σ(4) ≈ 0.982 as there: at 1 the sigmoid has
/// no slope. Extremes count as given: no gradient goes to the weights that are them.
/// Parameters: NAME.clip or NAME.clip_low and NAME.clip_high, [groups].
class LearnedClips final : public LearnedRanges {
 public:
  /// @param rateFactor Parameter::rateFactor
  LearnedClips(std::string name, const quant::Scheme& scheme, const tensor::Shape& shape,
               const std::vector<float>& latent, double rateFactor, const JobContext& job);

  std::vector<Parameter> initial() const override;
  void make(std::span<const Parameter> ranges, const std::vector<float>& latent, quant::Uniform& codes,
            const JobContext& job) override;
  void add(const quant::Uniform& codes, std::uint64_t group, const GridGradient& gradient,
           std::span<Parameter> ranges) const override;
  Clipping clipping() const override { return Clipping::AfterRounding; }

 private:
  void findExtremes(const std::vector<float>& latent, const JobContext& job);
  bool isSymmetric() const { return m_scheme.format.zeroPoint == quant::ZeroPoint::Off; }

  std::string m_name;
  quant::Scheme m_scheme;
  tensor::Shape m_shape;
  double m_rateFactor;
  std::vector<quant::Extremes> m_extremes;  ///< [groups] of the latent weights, at the last make()
  std::vector<float> m_low, m_high;         ///< [groups] γ and β as they begin; symmetric: m_high alone
};

}  // namespace core::train
