#include "core/train/qat/learned_steps.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace core::train {

namespace {

/// A step whose outermost level is a number.
float withinFloats(float step) {
  using Limits = std::numeric_limits<float>;
  return std::clamp(step, Limits::min(), Limits::max() / 256.0F);
}

/// Steps under an 8-bit second level: the nearest k/255 of the largest of each 256, and no less than 1/255. The
/// scheme's own rounding up (quant::storeSecondLevel) would not leave alone what it made itself.
void storeNearest(std::span<float> steps) {
  for (std::size_t at = 0; at < steps.size(); at += quant::kScalesPerMaximum) {
    const auto part = steps.subspan(at, std::min<std::size_t>(quant::kScalesPerMaximum, steps.size() - at));
    const float largest = std::ranges::max(part);
    for (float& step : part)
      if (step != 0.0F)
        step = quant::secondLevelScale(std::max(1.0F, std::nearbyint(step / largest * 255.0F)), largest);
  }
}

}  // namespace

LearnedSteps::LearnedSteps(std::string name, const quant::Uniform& first, std::vector<std::uint64_t> groupSizes,
                           double rateFactor)
    : m_name(std::move(name)),
      m_steps(first.scales),
      m_zeroPoints(first.zeroPoints),
      m_level(
          quant::uniformLevels(first.bits, first.zeroPoints.empty() ? quant::ZeroPoint::Off : quant::ZeroPoint::On)),
      m_rateFactor(rateFactor) {
  for (const std::uint64_t size : groupSizes)
    m_factors.push_back(1.0F / std::sqrt(static_cast<float>(size) * static_cast<float>(m_level.max)));
}

std::vector<Parameter> LearnedSteps::initial() const {
  std::vector<Parameter> ranges;
  ranges.push_back({m_name + ".log_step", std::vector<float>(m_steps.size(), 0.0F), {}, m_rateFactor, false});
  if (!m_zeroPoints.empty()) ranges.push_back({m_name + ".zero_point", m_zeroPoints, {}, m_rateFactor, false});
  return ranges;
}

void LearnedSteps::make(std::span<const Parameter> ranges, const std::vector<float>& /*latent*/, quant::Uniform& codes,
                        const JobContext& /*job*/) {
  for (std::size_t g = 0; g < m_steps.size(); ++g) {
    const float step = m_steps[g] * std::exp(ranges[0].values[g]);
    codes.scales[g] = m_steps[g] == 0.0F ? 0.0F : quant::storedScale(codes.scaleType, withinFloats(step));
  }
  if (codes.scaleType == quant::ScaleType::UInt8) storeNearest(codes.scales);
  for (std::size_t g = 0; g < codes.zeroPoints.size(); ++g)
    codes.zeroPoints[g] = std::nearbyint(
        std::clamp(ranges[1].values[g], static_cast<float>(m_level.min), static_cast<float>(m_level.max)));
}

void LearnedSteps::add(const quant::Uniform& codes, std::uint64_t group, const GridGradient& gradient,
                       std::span<Parameter> ranges) const {
  const double factor = static_cast<double>(m_factors[group]);
  ranges[0].gradient[group] += static_cast<float>(factor * static_cast<double>(codes.scales[group]) * gradient.scale);
  if (!codes.zeroPoints.empty()) ranges[1].gradient[group] += static_cast<float>(factor * gradient.zeroPoint);
}

}  // namespace core::train
