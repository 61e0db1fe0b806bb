#include "core/train/ops/dropout.h"

#include <cmath>

#include "core/base/parallel.h"

namespace core::train::ops {

namespace {

constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;  // of the stream's counter: 2⁶⁴ / golden ratio, odd
constexpr std::size_t kRowsOfATask = 16;

std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

}  // namespace

template <typename Real>
void dropOut(double probability, std::uint64_t seed, std::size_t width, std::span<Real> values) {
  if (probability <= 0.0) return;
  const auto below = static_cast<std::uint64_t>(std::ldexp(probability, 64));
  const auto kept = static_cast<Real>(1.0 / (1.0 - probability));
  parallelFor(values.size() / width, kRowsOfATask, [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      const std::uint64_t stream = mixed(seed + kStep * (row + 1));
      Real* const numbers = values.data() + row * width;
      for (std::size_t column = 0; column < width; ++column)
        numbers[column] *= mixed(stream + kStep * (column + 1)) < below ? Real{0} : kept;
    }
  });
}

template void dropOut(double, std::uint64_t, std::size_t, std::span<float>);
template void dropOut(double, std::uint64_t, std::size_t, std::span<double>);

}  // namespace core::train::ops
