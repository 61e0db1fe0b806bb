#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/quant/quantized_tensor.h"

namespace core::train {

/// What the numbers of a LevelHistogram are.
enum class LevelAxis : std::uint8_t {
  Steps,   ///< evenly spaced levels: w / scale + zero-point, so that whole numbers are levels
  Scales,  ///< a table of levels: w / scale
  Weights  ///< formats whose levels are not the same for all groups: the weights themselves
};

/// Where latent weights lie between the levels of their format.
struct LevelHistogram {
  LevelAxis axis = LevelAxis::Weights;
  std::vector<double> edges;          ///< [bins + 1] ascending, evenly spaced; of LevelAxis::Weights ± a power of two
  std::vector<std::uint64_t> counts;  ///< [bins] the first and the last one hold what lies beyond them, too
  std::vector<double> levels;         ///< ascending; empty for LevelAxis::Weights
  std::uint64_t leftOut = 0;          ///< weights under a scale of 0, which lie nowhere
  double meanDistance = 0.0;          ///< of what is counted from its nearest level, on the axis; 0 without levels
};

/// Of one tensor as it is quantized now. Edges and levels are the same as long as the format is (LevelAxis::Weights:
/// and the largest weight stays below the same power of two), so that a picture of it can move.
/// @param latent [rows, width] what it was made of  @param bins about so many; at least one between two levels
/// @pre the sizes are the same
LevelHistogram levelHistogram(const quant::QuantizedTensor& tensor, std::span<const float> latent,
                              std::size_t bins = 160);

}  // namespace core::train
