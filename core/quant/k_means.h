#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// `count` levels of least squared error for weighted values on a line: the best partition of at most 1024 neighbouring
/// bins by dynamic programming (exact when there are no more values than that; Wang and Song, Ckmeans.1d.dp, 2011),
/// then Lloyd's iteration on the values themselves. Ascending; where there are fewer distinct values than levels the
/// last one repeats. @param values finite, in any order; sorted afterwards (with their weights)
/// @param weights ≥ 0, as many as values, or empty: all 1
std::vector<float> kMeansLevels(std::vector<float>& values, std::vector<float>& weights, std::size_t count);

/// The code of the level nearest to a value, the lower one in a tie. @param levels ascending
std::uint8_t nearestKMeansCode(std::span<const float> levels, float value);

/// Quantizes by the KMeans family: levels learned per tensor, row or group, rounded to what is stored before the
/// nearest one is chosen (the lower one in a tie). With an importance matrix the error of a column weighs by its
/// importance. ±Inf becomes the outermost level, NaN what 0 becomes. Fills `out` and `payload`
/// (storedSize().payloadBytes).
void quantizeKMeans(const QuantizedTensor& source, const Scheme& scheme, const TensorCalibration* calibration,
                    const JobContext& job, LearnedCodeBooks& out, std::uint8_t* payload);

}  // namespace core::quant
