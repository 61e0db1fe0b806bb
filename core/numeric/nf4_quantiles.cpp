#include "core/numeric/nf4_quantiles.h"

namespace core::numeric {

std::array<double, 16> nf4Shares() {
  constexpr double kHalf = 0.5, kReach = kNf4LargestShare - kHalf;
  constexpr int kNegative = 7, kPositive = 8;
  std::array<double, 16> shares{};
  for (int k = 0; k <= kNegative; ++k)
    shares[static_cast<std::size_t>(k)] = kHalf - kReach * (kNegative - k) / kNegative;
  for (int k = 1; k <= kPositive; ++k) shares[static_cast<std::size_t>(kNegative + k)] = kHalf + kReach * k / kPositive;
  return shares;
}

}  // namespace core::numeric
