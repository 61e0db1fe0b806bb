#pragma once
#include <cstddef>
#include <random>
#include <vector>

namespace support {

/// Of a normal distribution around 0, the same for the same seed.
inline std::vector<float> randomValues(std::size_t count, unsigned seed, float sigma = 1.0F) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, sigma);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

}  // namespace support
