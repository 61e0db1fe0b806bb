#pragma once
#include <array>
#include <cfloat>

#include "core/quant/lattice_tables.h"
#include "core/quant/vector_lanes.h"

namespace core::quant {

/// The exact search of the IQ1 types: three levels in ascending order leave, of sorted values, only the choice of where
/// the second and the third level begin. All such splits are scored by sums over prefixes, eight at a time, and the
/// best one is the first of those that no other beats, in the order in which ggml 0.25.1 tries them.

struct Split {
  std::size_t second = 0;  ///< where in the sorted values the second level begins
  std::size_t third = 0;
  int variant = -1;  ///< of the signs of the offset; −1 when every weight is 0
  float scale = 0.0F;
  float score = -FLT_MAX;
};

/// Which value comes at each place of the ascending order; equal ones in their own order.
template <std::size_t kCount>
QS_FORCE_INLINE void sortedOrder(const float* values, std::array<std::uint8_t, kCount>& order) {
  std::array<std::int32_t, kCount> ranks{};
  for (std::size_t j = 0; j < kCount; ++j) {
    const float value = values[j];
    for (std::size_t i = 0; i < kCount; ++i) ranks[i] += (value < values[i] || (value == values[i] && j < i)) ? 1 : 0;
  }
  for (std::size_t i = 0; i < kCount; ++i) order[static_cast<std::size_t>(ranks[i])] = static_cast<std::uint8_t>(i);
}

/// Sums over the first 0…kCount sorted values; the last one is repeated to fill whole vectors.
template <std::size_t kCount>
using PrefixSums = std::array<float, kCount + kVectorLanes>;

QS_FORCE_INLINE void loadFloats(const float* values, FloatLanes& out) { std::memcpy(&out, values, sizeof(out)); }

QS_FORCE_INLINE bool any(const IntLanes& mask) {
  std::array<std::uint64_t, 4> words;
  std::memcpy(words.data(), &mask, sizeof(mask));
  return (words[0] | words[1] | words[2] | words[3]) != 0;
}

/// `Sums` gives Σ w·x·level and Σ w·level² of its kVariants for a second level from `second` and third ones from
/// `third`, `third` + 1, …
template <std::size_t kCount, typename Sums>
QS_FORCE_INLINE Split bestSplit(const Sums& sums) {
  constexpr std::size_t kVariants = Sums::kVariants;
  Split best;
  for (std::size_t second = 0; second <= kCount; ++second) {
    for (std::size_t third = second; third <= kCount; third += kVectorLanes) {
      FloatLanes correlation[kVariants];
      FloatLanes square[kVariants];
      sums.evaluate(second, third, correlation, square);
      IntLanes better = {};
      for (std::size_t v = 0; v < kVariants; ++v)
        better |= (square[v] > 0.0F) & (correlation[v] * correlation[v] > best.score * square[v]);
      if (!any(better)) continue;
      for (std::size_t lane = 0; lane < kVectorLanes && third + lane <= kCount; ++lane) {
        for (std::size_t v = 0; v < kVariants; ++v) {
          const float sumqx = correlation[v][lane];
          const float sumq2 = square[v][lane];
          if (!(sumq2 > 0.0F && sumqx * sumqx > best.score * sumq2)) continue;
          const float scale = sumqx / sumq2;
          best = {second, third + lane, static_cast<int>(v), scale, scale * sumqx};
        }
      }
    }
  }
  return best;
}

/// One offset for all values: variants +, −.
template <std::size_t kCount>
struct CommonOffset {
  static constexpr std::size_t kVariants = 2;
  PrefixSums<kCount> products;  ///< of w·x
  PrefixSums<kCount> weights;

  QS_FORCE_INLINE CommonOffset(const float* values, const float* valueWeights,
                               const std::array<std::uint8_t, kCount>& order) {
    products[0] = weights[0] = 0.0F;
    for (std::size_t j = 0; j < kCount; ++j) {
      const std::size_t i = order[j];
      products[j + 1] = products[j] + valueWeights[i] * values[i];
      weights[j + 1] = weights[j] + valueWeights[i];
    }
    for (std::size_t j = kCount + 1; j < products.size(); ++j) {
      products[j] = products[kCount];
      weights[j] = weights[kCount];
    }
  }

  QS_FORCE_INLINE void evaluate(std::size_t second, std::size_t third, FloatLanes* correlation,
                                FloatLanes* square) const {
    FloatLanes product;
    FloatLanes weight;
    loadFloats(products.data() + third, product);
    loadFloats(weights.data() + third, weight);
    for (std::size_t v = 0; v < kVariants; ++v) {
      const auto& level = kIq1Levels[v];
      correlation[v] = products[second] * level[0] + (product - products[second]) * level[1] +
                       (products[kCount] - product) * level[2];
      square[v] = weights[second] * level[0] * level[0] + (weight - weights[second]) * level[1] * level[1] +
                  (weights[kCount] - weight) * level[2] * level[2];
    }
  }
};

/// An offset for each half of the values: variants ++, +−, −+, −−.
template <std::size_t kCount>
struct OffsetPerHalf {
  static constexpr std::size_t kVariants = 4;
  std::array<PrefixSums<kCount>, 2> products;  ///< of w·x of each half, at the places of both
  std::array<PrefixSums<kCount>, 2> weights;

  QS_FORCE_INLINE OffsetPerHalf(const float* values, const float* valueWeights,
                                const std::array<std::uint8_t, kCount>& order) {
    for (std::size_t half = 0; half < 2; ++half) {
      products[half][0] = weights[half][0] = 0.0F;
      for (std::size_t j = 0; j < kCount; ++j) {
        const std::size_t i = order[j];
        const bool mine = (i < kCount / 2) == (half == 0);
        products[half][j + 1] = mine ? products[half][j] + valueWeights[i] * values[i] : products[half][j];
        weights[half][j + 1] = mine ? weights[half][j] + valueWeights[i] : weights[half][j];
      }
      for (std::size_t j = kCount + 1; j < products[half].size(); ++j) {
        products[half][j] = products[half][kCount];
        weights[half][j] = weights[half][kCount];
      }
    }
  }

  /// The levels are 1 apart: Σ w·x·level = (third level) · Σ w·x − Σ before the second level − Σ before the third.
  QS_FORCE_INLINE void evaluate(std::size_t second, std::size_t third, FloatLanes* correlation,
                                FloatLanes* square) const {
    FloatLanes halfCorrelation[2][2];
    FloatLanes halfSquare[2][2];
    for (std::size_t half = 0; half < 2; ++half) {
      FloatLanes product;
      FloatLanes weight;
      loadFloats(products[half].data() + third, product);
      loadFloats(weights[half].data() + third, weight);
      const FloatLanes before = products[half][second] + product;
      for (std::size_t v = 0; v < 2; ++v) {
        const auto& level = kIq1Levels[v];
        halfCorrelation[half][v] = products[half][kCount] * level[2] - before;
        halfSquare[half][v] = weights[half][kCount] * level[2] * level[2] +
                              weights[half][second] * (level[0] * level[0] - level[1] * level[1]) +
                              weight * (level[1] * level[1] - level[2] * level[2]);
      }
    }
    for (std::size_t v = 0; v < kVariants; ++v) {
      correlation[v] = halfCorrelation[0][v / 2] + halfCorrelation[1][v % 2];
      square[v] = halfSquare[0][v / 2] + halfSquare[1][v % 2];
    }
  }
};

}  // namespace core::quant
