#include "core/numeric/scale_of_range.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace core::numeric {

double ValueRange::absmax() const { return std::max(std::abs(low), std::abs(high)); }

CodeScale scaleOfRange(const NumberFormat& format, const ValueRange& range) {
  if (!std::isfinite(range.low) || !std::isfinite(range.high) || !(range.low < range.high))
    throw Error(ErrorCode::InvalidArgument, "A range goes from a finite number to a larger one.");
  CodeScale result;
  if (format.kind == FormatKind::CodeBook) result.scale = range.absmax();
  if (!format.isInteger()) return result;
  if (format.kind == FormatKind::SignedInteger && !range.zeroPoint) {
    result.scale = range.absmax() / static_cast<double>(format.maxInteger());
  } else {
    const auto smallest = static_cast<double>(format.minInteger()), largest = static_cast<double>(format.maxInteger());
    // Divided first: the width of a range may be beyond the largest double.
    const double width = range.high - range.low, steps = largest - smallest;
    result.scale = std::isfinite(width) ? width / steps : range.high / steps - range.low / steps;
    const double zeroPoint = std::round(smallest - range.low / result.scale);
    if (!(std::abs(zeroPoint) <= static_cast<double>(CodeScale::kMaxZeroPoint)))
      throw Error(ErrorCode::InvalidArgument, "The range is too narrow for its distance from zero.");
    result.zeroPoint = static_cast<std::int64_t>(zeroPoint);
  }
  requireUsable(result);
  return result;
}

}  // namespace core::numeric
