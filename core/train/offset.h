#pragma once
#include <cstddef>
#include <vector>

namespace core::train {

/// Where rounding happens: what an operation reads, or its result.
struct Place {
  static constexpr std::size_t kResult = ~std::size_t{0};

  std::size_t op;     ///< of Graph::ops
  std::size_t input;  ///< of Op::inputs, or kResult
  auto operator<=>(const Place&) const = default;
};

/// Constants that are added at a place, on a line as weights are: at α they are base + α · (target − base), the same
/// for every sequence. What others read of the same value stays as it is.
template <typename Real>
struct Offset {
  Place place;
  std::vector<Real> base, target;  ///< [rows of a sequence there, width]; empty: 0
};

}  // namespace core::train
