#pragma once
#include "core/numeric/codec.h"

namespace core::numeric {

/// The numbers that integers and code books have to cover.
struct ValueRange {
  double low = -1, high = 1;
  /// Signed integers: low … high is theirs by a zero-point, in place of a symmetric scale. Unsigned ones always have
  /// one.
  bool zeroPoint = false;

  double absmax() const;
};

/// Scale and zero-point under which a format covers a range. Symmetric: the largest integer, or the entry 1, stands for
/// the absmax. With a zero-point S = (high − low) / (qmax − qmin), Z = round(qmin − low / S), as in Jacob et al.
/// (2018).
/// @throws Error (InvalidArgument) unless low < high, both finite, and the scale is one that requireUsable accepts
CodeScale scaleOfRange(const NumberFormat& format, const ValueRange& range);

}  // namespace core::numeric
