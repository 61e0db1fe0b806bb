#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace core::train::ops {

/// Multiplies each number by 0, with this probability, or by 1 / (1 − probability). Which ones follows from seed, row
/// and column alone: numbers of SplitMix64 (Steele et al. 2014), a stream for every row. What happens to values going
/// forward happens to their gradients going back.
/// @param probability 0 ≤ p < 1  @param values [rows, width]
template <typename Real>
void dropOut(double probability, std::uint64_t seed, std::size_t width, std::span<Real> values);

}  // namespace core::train::ops
