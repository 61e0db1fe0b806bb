#include "core/train/qat/grid_gradient.h"

#include <algorithm>

#include "core/base/multiversion.h"
#include "core/quant/uniform_code.h"

namespace core::train {

namespace {

constexpr std::size_t kLanes = 8;
/// Values whose sums are made in float32 before they go into double.
constexpr std::size_t kPart = 512;

/// Sums side by side, so that their order is the same on every CPU.
struct Sums {
  float scale[kLanes] = {}, beyond[kLanes] = {};
};

QS_MULTIVERSION void addPart(const float* __restrict__ weights, const float* __restrict__ gradient, std::size_t count,
                             float scale, LevelRange levels, Clipping clipping, float* __restrict__ toWeights,
                             Sums& sums) {
  const bool passes = clipping == Clipping::AfterRounding;
  for (std::size_t i = 0; i < count; ++i) {
    const quant::UniformCode code = quant::uniformCode(weights[i], scale, levels.lowest, levels.highest);
    const bool isInside = passes ? code.rounded >= levels.lowest && code.rounded <= levels.highest
                                 : code.divided > levels.lowest && code.divided < levels.highest;
    const float g = gradient[i];
    sums.scale[i % kLanes] += g * (isInside ? code.clamped - code.divided : code.clamped);
    sums.beyond[i % kLanes] += isInside ? 0.0F : g;
    toWeights[i] += isInside || passes ? g : 0.0F;
  }
}

double total(const float (&lanes)[kLanes]) {
  double sum = 0.0;
  for (const float lane : lanes) sum += static_cast<double>(lane);
  return sum;
}

}  // namespace

GridGradient reverseGrid(float scale, LevelRange levels, Clipping clipping, std::span<const float> weights,
                         std::span<const float> gradient, float* toWeights) {
  GridGradient result;
  if (scale == 0.0F) {
    for (std::size_t i = 0; i < weights.size(); ++i) toWeights[i] += gradient[i];
    return result;
  }
  for (std::size_t at = 0; at < weights.size(); at += kPart) {
    const std::size_t count = std::min(kPart, weights.size() - at);
    Sums sums;
    addPart(weights.data() + at, gradient.data() + at, count, scale, levels, clipping, toWeights + at, sums);
    result.scale += total(sums.scale);
    result.zeroPoint -= static_cast<double>(scale) * total(sums.beyond);
  }
  return result;
}

}  // namespace core::train
