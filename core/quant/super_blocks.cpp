#include "core/quant/super_blocks.h"

#include <cmath>

#include "core/quant/finite_values.h"

namespace core::quant {

QS_MULTIVERSION void SuperBlockChunk::load(const float* source, std::size_t superBlocks,
                                           const float* sourceImportance) {
  count = superBlocks;
  isWeighed = sourceImportance != nullptr;
  for (std::size_t b = 0; b < count; ++b)
    copyStorable(source + b * kSuperBlockValues, kSuperBlockValues, values.data() + b * kSuperBlockValues);
  std::fill(values.begin() + static_cast<std::ptrdiff_t>(count * kSuperBlockValues), values.end(), 0.0F);
  if (!isWeighed) return;
  for (std::size_t b = 0; b < count; ++b)
    copyImportance(sourceImportance + b * kSuperBlockValues, kSuperBlockValues,
                   importance.data() + b * kSuperBlockValues);
  std::fill(importance.begin() + static_cast<std::ptrdiff_t>(count * kSuperBlockValues), importance.end(), 0.0F);
}

std::array<float, kChunkSuperBlocks> SuperBlockChunk::meanSquares() const {
  std::array<float, kChunkSuperBlocks> sums{};
  for (std::size_t j = 0; j < kSuperBlockValues; ++j)
    for (std::size_t b = 0; b < kChunkSuperBlocks; ++b)
      sums[b] += values[b * kSuperBlockValues + j] * values[b * kSuperBlockValues + j];
  for (float& sum : sums) sum /= static_cast<float>(kSuperBlockValues);
  return sums;
}

std::size_t SuperBlockChunk::batches(std::size_t groupValues) const {
  const std::size_t batchValues = kLanes * groupValues;
  return (count * kSuperBlockValues + batchValues - 1) / batchValues;
}

void SuperBlockChunk::loadBatch(std::size_t batch, std::size_t groupValues, LaneGroups& groups) const {
  groups.groupValues = groupValues;
  loadLanes(values.data() + batch * kLanes * groupValues, groupValues, groups.values.data());
}

QS_MULTIVERSION void loadLanes(const float* __restrict__ values, std::size_t groupValues, Lanes* __restrict__ lanes) {
  for (std::size_t i = 0; i < groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k) lanes[i].at[k] = values[k * groupValues + i];
}

QS_MULTIVERSION void copyImportance(const float* importance, std::size_t count, float* out) {
  constexpr float kLargest = 0x1p40F;
  constexpr float kSmallest = 0x1p-40F;
  const float largest = std::bit_cast<float>(maxMagnitudeBits(importance, count));
  std::copy_n(importance, count, out);
  if (largest == 0.0F || (largest <= kLargest && largest >= kSmallest)) return;
  const int exponent = std::ilogb(largest);
  for (std::size_t i = 0; i < count; ++i) out[i] = std::ldexp(out[i], -exponent);
}

QS_MULTIVERSION void weighByMagnitude(LaneGroups& groups) {
  for (std::size_t i = 0; i < groups.groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k) groups.weights[i].at[k] = std::abs(groups.values[i].at[k]);
}

QS_MULTIVERSION void weighByMeanMagnitude(LaneGroups& groups) {
  Lanes root{};
  for (std::size_t i = 0; i < groups.groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k) root.at[k] += groups.values[i].at[k] * groups.values[i].at[k];
  const float count = static_cast<float>(groups.groupValues);
  for (float& lane : root.at) lane = std::sqrt(lane / count);
  for (std::size_t i = 0; i < groups.groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k) groups.weights[i].at[k] = root.at[k] + std::abs(groups.values[i].at[k]);
}

QS_MULTIVERSION void weighBySquare(LaneGroups& groups) {
  for (std::size_t i = 0; i < groups.groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k) groups.weights[i].at[k] = groups.values[i].at[k] * groups.values[i].at[k];
}

QS_MULTIVERSION void weighByImportance(LaneGroups& groups, const Lanes* importance, const Lanes& energy) {
  for (std::size_t i = 0; i < groups.groupValues; ++i) {
    const Lanes& x = groups.values[i];
    for (std::size_t k = 0; k < kLanes; ++k)
      groups.weights[i].at[k] = importance[i].at[k] * std::sqrt(energy.at[k] + x.at[k] * x.at[k]);
  }
}

void sumWeights(const LaneGroups& groups, Lanes& sums) {
  sums = {};
  for (std::size_t i = 0; i < groups.groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k) sums.at[k] += groups.weights[i].at[k];
}

}  // namespace core::quant
