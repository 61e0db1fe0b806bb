#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/classic/affine_grid.h"
#include "core/classic/image_network.h"

namespace core::classic {

/// Where the ranges of activations come from.
enum class RangeSource : std::uint8_t {
  Fixed,       ///< static, uncalibrated: one guess for every layer
  MinMax,      ///< static, calibrated: what sample images reached
  Percentile,  ///< static, calibrated: what nearly all values of the samples reached
  Dynamic      ///< measured on every image, between the layers, during inference
};

struct ActivationRule {
  RangeSource source = RangeSource::MinMax;
  quant::Extremes fixed = {1.0F, 1.0F};  ///< Fixed: −negative … positive
  double percentile = 99.9;              ///< Percentile: over 50, at most 100
  std::uint32_t bits = 8;                ///< 2 … 16

  bool isDynamic() const { return source == RangeSource::Dynamic; }
};

/// A grid with a zero-point for the input of every layer of a network; nothing for Dynamic.
/// @param samples images the calibrated rules look at: at least one
/// @throws Error (InvalidArgument) for other bits or percentiles, and for calibration without samples
std::vector<AffineGrid> activationGrids(const ImageNetwork& network, const ActivationRule& rule,
                                        std::span<const std::vector<float>> samples);

}  // namespace core::classic
