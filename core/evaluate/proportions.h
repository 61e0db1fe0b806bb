#pragma once
#include <cstdint>

namespace core::evaluate {

/// A share with the interval that holds the true one with 95 %.
struct Proportion {
  double value = 0, low = 0, high = 1;
};

/// Wilson's score interval (Wilson 1927, J. Am. Stat. Assoc. 22:209): with p = right / all and z = 1.96,
///   (p + z²/2n ± z √(p (1 − p) / n + z²/4n²)) / (1 + z²/n).
/// Nothing is known of a share of nothing: 0 … 1.
Proportion wilsonInterval(std::uint64_t right, std::uint64_t all);
/// The same of a share, 0…1, that is worth so many independent samples.
Proportion wilsonIntervalOf(double share, double samples);

/// McNemar's test in its exact form (McNemar 1947; binomial, two-sided): how likely the questions that turned would be
/// parted so unevenly, or more, if turning wrong and turning right were equally likely:
///   min(1, 2 Σ_{k ≤ min(wrong, right)} C(n, k) / 2ⁿ), n = wrong + right; 1 where nothing turned.
double mcNemar(std::uint64_t turnedWrong, std::uint64_t turnedRight);
/// p from which on answers turned as chance would have it: two models are then indistinguishable by their answers.
inline constexpr double kLeastChance = 0.05;

}  // namespace core::evaluate
