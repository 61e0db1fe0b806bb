#include "core/train/ops/rope.h"

#include <cmath>
#include <vector>

namespace core::train::ops {

namespace {

template <typename Real>
void addHead(const RopeShape& shape, std::size_t pairs, const Real* turns, const Real* in, Real* out) {
  const bool adjacent = shape.pairing == model::RopePairing::Adjacent;
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const std::size_t first = adjacent ? 2 * pair : pair, second = adjacent ? first + 1 : pair + pairs;
    const Real cosine = turns[2 * pair], sine = turns[2 * pair + 1], a = in[first], b = in[second];
    out[first] += a * cosine - b * sine;
    out[second] += a * sine + b * cosine;
  }
  for (std::size_t i = 2 * pairs; i < shape.headSize; ++i) out[i] += in[i];
}

}  // namespace

template <typename Real>
void addRotated(const RopeShape& shape, const model::RopeTable& table, const Batch& batch, Turn turn, const Real* in,
                Real* out) {
  const std::size_t pairs = table.frequencies.size();
  std::vector<Real> turns(2 * pairs);  // cosine and sine
  for (std::size_t position = 0; position < batch.length; ++position) {
    const double magnitude = table.magnitudeAt(position);
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      const double angle = static_cast<double>(position) * static_cast<double>(table.frequencies[pair]);
      turns[2 * pair] = static_cast<Real>(magnitude * std::cos(angle));
      turns[2 * pair + 1] = static_cast<Real>(magnitude * (turn == Turn::Forward ? std::sin(angle) : -std::sin(angle)));
    }
    for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
      const std::size_t row = (sequence * batch.length + position) * shape.heads;
      for (std::size_t head = row; head < row + shape.heads; ++head)
        addHead(shape, pairs, turns.data(), in + head * shape.headSize, out + head * shape.headSize);
    }
  }
}

template void addRotated(const RopeShape&, const model::RopeTable&, const Batch&, Turn, const float*, float*);
template void addRotated(const RopeShape&, const model::RopeTable&, const Batch&, Turn, const double*, double*);

}  // namespace core::train::ops
