#include "core/quant/explain/weight_decision.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/block_place.h"
#include "core/quant/quantizer.h"

namespace core::quant {

namespace {

constexpr double kOutlier = 1.5;  // times the next largest: then the steps could be a third smaller without it
constexpr double kGap = 1.25;     // times the usual distance of levels
constexpr double kSlack = 1.001;  // of half a step, for what floats round

/// Levels of one or several weights, and what they are compared by.
struct Steps {
  std::span<const double> levels;  ///< ascending
  double usual = 0.0;              ///< the middle one of their distances
};

Steps stepsOf(const ExplanationLevels& set) {
  Steps steps{set.levels, 0.0};
  std::vector<double> distances;
  for (std::size_t i = 1; i < set.levels.size(); ++i) distances.push_back(set.levels[i] - set.levels[i - 1]);
  if (distances.empty()) return steps;
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::ranges::nth_element(distances, middle);
  steps.usual = *middle;
  return steps;
}

/// The distance of the levels around x; of the outermost two where it lies beyond them.
double stepAt(std::span<const double> levels, double x) {
  const auto above = std::ranges::upper_bound(levels, x);
  const auto at = std::clamp<std::ptrdiff_t>(above - levels.begin(), 1, static_cast<std::ptrdiff_t>(levels.size()) - 1);
  return levels[static_cast<std::size_t>(at)] - levels[static_cast<std::size_t>(at) - 1];
}

double nearestError(std::span<const double> levels, double x) {
  const auto above = std::ranges::lower_bound(levels, x);
  double error = std::numeric_limits<double>::infinity();
  if (above != levels.end()) error = std::min(error, *above - x);
  if (above != levels.begin()) error = std::min(error, x - *(above - 1));
  return error;
}

/// The two largest magnitudes among weights that share levels.
struct Largest {
  std::size_t index = 0;
  double most = 0.0, next = 0.0;
};
Largest largestOf(std::span<const DecidedWeight> weights, std::size_t first, std::size_t count) {
  Largest result;
  for (std::size_t i = first; i < first + count; ++i) {
    const double size = std::abs(static_cast<double>(weights[i].value));
    if (size > result.most) {
      result.next = result.most;
      result.most = size;
      result.index = i;
    } else {
      result.next = std::max(result.next, size);
    }
  }
  return result;
}

void decide(const Steps& steps, const Largest& largest, std::span<const DecidedWeight> all, std::size_t index,
            DecidedWeight& weight) {
  const double x = static_cast<double>(weight.value), error = std::abs(static_cast<double>(weight.decoded) - x);
  if (error == 0.0) return;
  if (steps.levels.size() < 2) {
    weight.step = std::numeric_limits<double>::quiet_NaN();
    weight.decision = WeightDecision::Rounding;
    return;
  }
  weight.step = stepAt(steps.levels, x);
  const double half = weight.step / 2 * kSlack;
  const bool isBeyond = x < steps.levels.front() || x > steps.levels.back();
  if (isBeyond && error > half) {
    weight.decision = WeightDecision::Clipped;
  } else if (error > nearestError(steps.levels, x) + weight.step * (kSlack - 1)) {
    weight.decision = WeightDecision::NotTheNearest;
  } else if (index != largest.index && largest.most > kOutlier * largest.next &&
             error > half * largest.next / largest.most) {
    weight.decision = WeightDecision::OutlierScale;
    weight.cause = all[largest.index].element;
  } else if (weight.step > kGap * steps.usual) {
    weight.decision = WeightDecision::CodeBookGap;
  } else {
    weight.decision = WeightDecision::Rounding;
  }
}

}  // namespace

std::string_view toString(WeightDecision decision) {
  static constexpr std::string_view kNames[] = {"exact",         "rounding",        "clipped", "outlier_scale",
                                                "code_book_gap", "not_the_nearest", "shared",  "given"};
  return kNames[static_cast<std::size_t>(decision)];
}

WeightDecision plainDecision(float value, float decoded) {
  constexpr double kBf16 = 1.0 / 256;  // of a value, twice what rounding to BF16 changes at most
  const double error = std::abs(static_cast<double>(decoded) - static_cast<double>(value));
  if (error == 0.0) return WeightDecision::Exact;
  return error <= kBf16 * std::abs(static_cast<double>(value)) ? WeightDecision::Rounding : WeightDecision::Given;
}

std::vector<DecidedWeight> decisionsOf(const QuantizedTensor& reference, const QuantizedTensor& stored,
                                       std::uint64_t row, std::uint64_t block) {
  const BlockExplanation explanation = explainStored(stored, row, block);
  const std::uint64_t width = stored.rowValues();
  std::vector<DecidedWeight> weights(explanation.fields.values);
  const auto* order = stored.changes && !stored.changes->order.empty() ? &stored.changes->order : nullptr;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    DecidedWeight& weight = weights[i];
    const std::uint64_t flat = explanation.firstValue + i;
    weight.element = order != nullptr ? flat / width * width + (*order)[flat % width] : flat;
    decode(reference, weight.element, 1, &weight.value);
    decode(stored, weight.element, 1, &weight.decoded);
  }
  for (const BlockField& field : explanation.fields.fields) {
    if (field.role != FieldRole::Code && field.role != FieldRole::Index) continue;
    for (std::uint32_t v = 0; v < field.valueCount; ++v)
      weights[field.firstValue + v * field.valueStride].code = bitsOf(field, explanation.bytes);
    if (field.valueCount == 1) continue;
    for (std::uint32_t v = 0; v < field.valueCount; ++v)
      weights[field.firstValue + v * field.valueStride].decision = WeightDecision::Shared;
  }
  const bool hasLevels = std::ranges::any_of(explanation.levels, [](const auto& set) { return set.levels.size() > 1; });
  if (stored.as<Elements>() != nullptr && !hasLevels) {
    for (DecidedWeight& weight : weights) {
      if (weight.decision == WeightDecision::Shared) continue;
      weight.step = std::numeric_limits<double>::quiet_NaN();
      weight.decision = plainDecision(weight.value, weight.decoded);
    }
    return weights;
  }
  for (const ExplanationLevels& set : explanation.levels) {
    const Steps steps = stepsOf(set);
    const std::size_t first = set.firstValue, count = std::min<std::size_t>(set.valueCount, weights.size() - first);
    const Largest largest = largestOf(weights, first, count);
    for (std::size_t i = first; i < first + count; ++i)
      if (weights[i].decision != WeightDecision::Shared) decide(steps, largest, weights, i, weights[i]);
  }
  return weights;
}

}  // namespace core::quant
