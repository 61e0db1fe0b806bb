#pragma once
#include "core/quant/activations.h"
#include "core/quant/input_histogram.h"

namespace core::quant {

/// The inputs that static codes span: low ≤ 0 ≤ high, so that 0 has a code.
struct InputRange {
  float low = 0.0F, high = 0.0F;
  bool operator==(const InputRange&) const = default;
};

/// The range by a method, from a histogram of all inputs. Bins are spread evenly where a quantile falls into one.
///   MinMax      [min x, max x]
///   Percentile  Int8Static: [the (100 − p)-th percentile, the p-th]; Fp8Static: ± the p-th percentile of |x|; both
///               within MinMax
///   Entropy     ± the threshold T of least KL(P ‖ Q), within MinMax. Over the 2048 bins of |x|, for every T of
///               i = 128, 129, … bins: P is the first i bins with all that lies beyond added to the last one; Q is the
///               same bins without it, merged into 128 levels of i / 128 bins and each level spread evenly over its
///               bins that are not empty. A threshold whose last bin is empty while something lies beyond has no
///               finite divergence. The first of equals. (Migacz, 8-bit inference with TensorRT, GTC 2017)
/// @pre the histogram is not empty
InputRange inputRange(const Activations& activations, const InputHistogram& inputs);

}  // namespace core::quant
