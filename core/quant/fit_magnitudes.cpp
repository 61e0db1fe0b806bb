#include "core/quant/fit_magnitudes.h"

#include <algorithm>
#include <array>

#include "core/quant/search_input.h"

namespace core::quant {

namespace {

constexpr float kSmallest = 1e-15F;

using Codes = std::array<std::uint8_t, 32>;

float squaredError(const float* values, const float* weights, std::size_t count, float inverse, int limit) {
  const float scale = 1.0F / inverse;
  float sum = 0.0F;
  for (std::size_t i = 0; i < count; ++i) {
    const float difference =
        values[i] - scale * static_cast<float>(std::min(limit, nearestInteger(inverse * values[i])));
    sum += weights[i] * difference * difference;
  }
  return sum;
}

/// The first assignment's error is taken after its codes went through 8 bits.
float wrappedError(const float* values, const float* weights, std::size_t count, float inverse) {
  const float scale = 1.0F / inverse;
  float sum = 0.0F;
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = static_cast<std::uint8_t>(nearestInteger(inverse * values[i]));
    const float difference = values[i] - scale * static_cast<float>(code);
    sum += weights[i] * difference * difference;
  }
  return sum;
}

/// Σ w·x·code and Σ w·code² of an assignment.
struct Sums {
  float correlation = 0.0F;
  float square = 0.0F;
};

/// One time around: each code moves to the optimum given all others, if that is better. Returns whether any moved.
bool improve(const float* values, const float* weights, std::size_t count, int limit, Codes& codes, Sums& sums) {
  bool moved = false;
  for (std::size_t i = 0; i < count; ++i) {
    const float old = static_cast<float>(codes[i]);
    const float weighted = weights[i] * values[i];
    Sums rest{sums.correlation - weighted * old, sums.square - weights[i] * old * old};
    if (!(rest.correlation > 0.0F && rest.square > 0.0F)) continue;
    const int code = std::min(limit, nearestInteger(values[i] * rest.square / rest.correlation));
    if (code == codes[i]) continue;
    rest.correlation += weighted * static_cast<float>(code);
    rest.square += weights[i] * static_cast<float>(code) * static_cast<float>(code);
    if (!(rest.correlation * rest.correlation * sums.square > sums.correlation * sums.correlation * rest.square))
      continue;
    codes[i] = static_cast<std::uint8_t>(code);
    sums = rest;
    moved = true;
  }
  return moved;
}

}  // namespace

float fitMagnitudes(const float* values, const float* weights, std::size_t count, int limit) {
  const float largest = std::max(0.0F, *std::max_element(values, values + count));
  if (largest < kSmallest) return 0.0F;
  float inverse = static_cast<float>(limit) / largest;
  float best = wrappedError(values, weights, count, inverse);
  for (int shift = -4; shift <= 4; ++shift) {
    if (shift == 0) continue;
    const float candidate = (0.1F * static_cast<float>(shift) + static_cast<float>(limit)) / largest;
    const float error = squaredError(values, weights, count, candidate, limit);
    if (!(error < best)) continue;
    best = error;
    inverse = candidate;
  }
  Codes codes;
  Sums sums;
  for (std::size_t i = 0; i < count; ++i) {
    const int code = std::min(limit, nearestInteger(inverse * values[i]));
    codes[i] = static_cast<std::uint8_t>(code);
    sums.correlation += weights[i] * values[i] * static_cast<float>(code);
    sums.square += weights[i] * static_cast<float>(code) * static_cast<float>(code);
  }
  for (int round = 0; round < 5; ++round)
    if (!improve(values, weights, count, limit, codes, sums)) break;
  return sums.square > 0.0F ? sums.correlation / sums.square : 0.0F;
}

}  // namespace core::quant
