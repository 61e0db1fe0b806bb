#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/trace/attribution.h"
#include "core/trace/largest.h"

namespace core::trace {

/// How contributions of single weights are ordered (Largest): the most positive, or the most negative, in front.
template <int sign>
struct BySignedContribution {
  static float value(const WeightContribution& weight) { return static_cast<float>(sign) * weight.contribution; }
  static auto place(const WeightContribution& weight) { return std::pair(weight.tensor, weight.index); }
};
using MostPositive = Largest<WeightContribution, BySignedContribution<1>>;
using MostNegative = Largest<WeightContribution, BySignedContribution<-1>>;

/// Adds a panel's contributions to its tensor's sums. @param contributions [rows, width]
void addPanel(TensorContribution& tensor, std::uint64_t firstRow, std::span<const float> contributions);

}  // namespace core::trace
