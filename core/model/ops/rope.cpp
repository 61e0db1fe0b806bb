#include "core/model/ops/rope.h"

#include <algorithm>
#include <cmath>

namespace core::model::ops {

std::vector<float> rotations(const RopeTable& table, std::uint32_t firstPosition, std::size_t tokens) {
  std::vector<float> turns;
  turns.reserve(tokens * table.frequencies.size() * 2);
  for (std::size_t t = 0; t < tokens; ++t) {
    const double position = static_cast<double>(firstPosition) + static_cast<double>(t);
    const double magnitude = table.magnitudeAt(firstPosition + t);
    for (const float frequency : table.frequencies) {
      const double angle = position * static_cast<double>(frequency);
      turns.push_back(static_cast<float>(magnitude * std::cos(angle)));
      turns.push_back(static_cast<float>(magnitude * std::sin(angle)));
    }
  }
  return turns;
}

void rope(const RopeShape& shape, std::span<const float> rotation, std::size_t tokens, const float* in, float* out) {
  const std::size_t pairs = shape.dimensions / 2;
  const bool adjacent = shape.pairing == RopePairing::Adjacent;
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* turn = rotation.data() + t * pairs * 2;
    for (std::size_t head = 0; head < shape.heads; ++head) {
      const std::size_t start = (t * shape.heads + head) * shape.headSize;
      const float* from = in + start;
      float* to = out + start;
      for (std::size_t pair = 0; pair < pairs; ++pair) {
        const std::size_t first = adjacent ? 2 * pair : pair, second = adjacent ? first + 1 : pair + pairs;
        const float a = from[first], b = from[second];
        const float cosine = turn[2 * pair], sine = turn[2 * pair + 1];
        to[first] = a * cosine - b * sine;
        to[second] = a * sine + b * cosine;
      }
      if (in != out) std::copy(from + shape.dimensions, from + shape.headSize, to + shape.dimensions);
    }
  }
}

}  // namespace core::model::ops
