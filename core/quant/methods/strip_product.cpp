#include "core/quant/methods/strip_product.h"

#include <cstring>

#include "core/base/multiversion.h"

namespace core::quant {

namespace {

constexpr std::size_t kRows = 4;  // rows of the result whose sums stay in registers
constexpr std::size_t kLaneBytes = 64;
using FloatStrip = float __attribute__((vector_size(kLaneBytes)));
using DoubleStrip = double __attribute__((vector_size(kLaneBytes)));

template <class Lanes, class Number>
QS_FORCE_INLINE void multiply(const Number* __restrict__ a, const Number* __restrict__ b, std::size_t depth,
                              Number* __restrict__ out) {
  constexpr std::size_t kLanes = kLaneBytes / sizeof(Number), kVectors = 2;
  for (std::size_t column = 0; column < kStrip; column += kVectors * kLanes) {
    for (std::size_t row = 0; row < kStrip; row += kRows) {
      Lanes sums[kRows][kVectors] = {};
      for (std::size_t k = 0; k < depth; ++k) {
        Lanes right[kVectors];
        for (std::size_t v = 0; v < kVectors; ++v)
          std::memcpy(&right[v], b + k * kStrip + column + v * kLanes, sizeof(Lanes));
        const Number* const left = a + k * kStrip + row;
        for (std::size_t r = 0; r < kRows; ++r)
          for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] += left[r] * right[v];
      }
      for (std::size_t r = 0; r < kRows; ++r) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          const Lanes sum = sums[r][v];  // a copy, so that the sums need no memory
          std::memcpy(out + (row + r) * kStrip + column + v * kLanes, &sum, sizeof(sum));
        }
      }
    }
  }
}

}  // namespace

QS_MULTIVERSION void stripProduct(const float* a, const float* b, std::size_t depth, float* out) {
  multiply<FloatStrip>(a, b, depth, out);
}

QS_MULTIVERSION void stripProduct(const double* a, const double* b, std::size_t depth, double* out) {
  multiply<DoubleStrip>(a, b, depth, out);
}

}  // namespace core::quant
