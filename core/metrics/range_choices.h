#pragma once
#include <vector>

#include "core/metrics/clip_curve.h"

namespace core::metrics {

/// A scheme whose own text says how its range is cut, and what that costs.
struct RangeChoice {
  quant::Scheme scheme;
  double error = 0;  ///< mean squared error of the part
};

/// The scheme as it is, with `range=mse`, and with the `range=percentile` of least error among the usual percentages
/// and the one that cuts off as many weights as a clip did; its zero-point stays. Errors as clipCurve() measures them.
/// Empty for schemes that have no key for the range.
/// @param inside share of the weights that the clip left alone (ClipCost::inside)
std::vector<RangeChoice> rangeChoices(const quant::Scheme& scheme, const quant::QuantizedTensor& source,
                                      const quant::FlatRange& part, double inside,
                                      const JobContext& job = JobContext());

}  // namespace core::metrics
