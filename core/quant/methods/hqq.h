#pragma once
#include <cstdint>

#include "core/base/job_context.h"
#include "core/quant/methods/hqq_groups.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// HQQ (Badri and Shaji 2023, "Half-Quadratic Quantization of Large Machine Learning Models"): needs no text. Scale and
/// zero-point span min … max of each group, 0 or not; then the zero-points, which need not be whole, are moved for
/// least Σ |error|^0.7 by half-quadratic splitting, all groups at once:
///
///   q = clamp(round(w / S + Z), 0, 2^b − 1),   r = w − (q − Z) · S
///   e = sign(r) · max(|r| − |r|^(0.7 − 1) / β, 0)       the outliers of the error
///   Z = mean over the group of q − (w − e) / S,   β ← 1.01 · β, at first 10
///
/// at most 20 times, ended when the mean |r| of the tensor no longer falls. Follows mobiusml/hqq (axis=1: groups along
/// rows, the only ones that are stored here; axis=0 is not) without its bounds on the scale.
/// S is rounded to what is stored before Z is chosen, Z is stored as FP32 beside FP32 scales, else as FP16, and the
/// codes are chosen by what is stored. A group so far from 0 that Z would be no good there is widened to contain 0.
/// Values that are not finite are taken as every encoder does. The result is the same with any number of threads.
/// Fills `out` and `payload` (storedSize().payloadBytes). @pre Integer with ZeroPoint::Float.
/// @param trace of the groups of a row; null: nobody asks. @throws Cancelled
void quantizeHqq(const QuantizedTensor& source, const Scheme& scheme, const JobContext& job, Uniform& out,
                 std::uint8_t* payload, HqqTrace* trace = nullptr);

}  // namespace core::quant
