#pragma once

namespace core::numeric {

/// φ(x) of the standard normal distribution.
double normalDensity(double x);
/// Φ(x): the share of the standard normal distribution below x.
double normalShareBelow(double x);
/// The x with normalShareBelow(x) = share, to the last bits of a double; ∓∞ at 0 and 1. @pre 0 ≤ share ≤ 1
double normalQuantile(double share);

}  // namespace core::numeric
