#pragma once
#include <concepts>
#include <limits>
#include <optional>

namespace core {

/// a + b, or nothing when it does not fit. For sizes and offsets that come from a file.
template <std::unsigned_integral T>
constexpr std::optional<T> checkedAdd(T a, T b) {
  if (b > std::numeric_limits<T>::max() - a) return std::nullopt;
  return static_cast<T>(a + b);
}

/// a × b, or nothing when it does not fit.
template <std::unsigned_integral T>
constexpr std::optional<T> checkedMul(T a, T b) {
  if (a != 0 && b > std::numeric_limits<T>::max() / a) return std::nullopt;
  return static_cast<T>(a * b);
}

/// value rounded up to a multiple of `alignment` (not 0), or nothing when it does not fit.
template <std::unsigned_integral T>
constexpr std::optional<T> checkedAlignUp(T value, T alignment) {
  const T rest = value % alignment;
  return rest == 0 ? std::optional<T>(value) : checkedAdd<T>(value, alignment - rest);
}

}  // namespace core
