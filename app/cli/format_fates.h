#pragma once
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/metrics/tensor_stats.h"
#include "core/numeric/number_format.h"
#include "core/quant/quantized_tensor.h"

namespace app::cli {

/// What becomes of a tensor's values in each format: [{"format", "exact", "rounded", "subnormal", "became_zero",
/// "zero", "clipped", "overflowed", "non_finite", "relative_squared_error"}], counts of values; integers and code books
/// cover the tensor's largest magnitude by a "scale" (symmetric for signed integers, the others also have a
/// "zero_point").
Json formatFatesJson(const core::quant::QuantizedTensor& tensor, const core::metrics::TensorStats& stats,
                     const std::vector<core::numeric::NumberFormat>& formats);

/// One line a format, for people.
std::string formatFatesText(const Json& fates);

}  // namespace app::cli
