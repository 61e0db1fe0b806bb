#pragma once
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "support/random_blocks.h"

namespace support {

/// Rows of activations of every kind that rounding could stumble over. @return [count, width]
inline std::vector<float> oddInputs(std::size_t width, std::size_t& count) {
  constexpr std::size_t kKinds = 14;
  count = kKinds;
  std::vector<float> values(kKinds * width);
  RandomNumbers random(3);
  for (std::size_t i = 0; i < width; ++i) {
    const auto bell = static_cast<float>(random.bell());
    const auto whole = static_cast<float>(static_cast<int>(random.uniform() * 255.0) - 127);
    const auto row = [&](std::size_t kind) -> float& { return values[kind * width + i]; };
    row(0) = bell;
    row(1) = 0.0F;
    row(2) = i % 2 == 0 ? -0.0F : 0.0F;
    row(3) = bell * 1e-40F;  // subnormal
    row(4) = bell * 0x1p-100F;
    row(5) = bell * 1e37F;
    row(6) = i == width / 2 ? 3e38F : bell;
    row(7) = i == 0 ? 127.0F : whole + 0.5F;  // ties
    row(8) = i == 5 % width ? -1000.0F : bell * 0.01F;
    row(9) = std::fabs(bell);
    row(10) = i == 3 % width ? 448.0F : std::exp2(static_cast<float>(static_cast<int>(i % 20)) - 12.0F) * 1.0625F;
    row(11) = i == 7 % width ? 6.0F : bell;  // at a threshold
    row(12) = i == 9 % width ? std::nextafter(6.0F, 0.0F) : bell * 0.5F;
    row(13) = std::numeric_limits<float>::max() * (i % 3 == 0 ? 1.0F : -0.5F);
  }
  return values;
}

}  // namespace support
