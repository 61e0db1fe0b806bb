#include "core/quant/explain/block_explanation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/quant/explain/formula_text.h"

namespace core::quant {

namespace {

constexpr std::string_view kLevels[] = {"tensor", "super_block", "group"};
constexpr std::string_view kSteps[] = {"value", "input", "offset", "divide", "round",   "clamp",
                                       "code",  "level", "scaled", "factor", "decoded", "error"};
constexpr std::string_view kPrime = "′";  // "S′" is S before it was stored

double numberOfName(const BlockExplanation& explanation, std::size_t value, std::string_view name) {
  for (const ExplanationStep& step : explanation.steps)
    if (step.symbol == name) return step.values[value];
  const bool isComputed = name.ends_with(kPrime);
  if (isComputed) name.remove_suffix(kPrime.size());
  const ExplanationParameter* parameter = explanation.parameter(name, value);
  if (parameter == nullptr) return std::numeric_limits<double>::quiet_NaN();
  return isComputed ? parameter->computed.value_or(parameter->stored) : parameter->stored;
}

/// Width of the cell of a value between ascending levels; NaN for fewer than two.
double stepAt(const std::vector<double>& levels, double value) {
  if (levels.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const auto above = std::upper_bound(levels.begin(), levels.end(), value) - levels.begin();
  const auto upper = std::clamp<std::ptrdiff_t>(above, 1, static_cast<std::ptrdiff_t>(levels.size()) - 1);
  return levels[static_cast<std::size_t>(upper)] - levels[static_cast<std::size_t>(upper) - 1];
}

}  // namespace

std::string_view toString(ParameterLevel level) { return kLevels[static_cast<std::size_t>(level)]; }
std::string_view toString(StepId id) { return kSteps[static_cast<std::size_t>(id)]; }

const ExplanationStep* BlockExplanation::step(StepId id) const {
  const auto found = std::find_if(steps.begin(), steps.end(), [id](const ExplanationStep& s) { return s.id == id; });
  return found == steps.end() ? nullptr : &*found;
}

const ExplanationParameter* BlockExplanation::parameter(std::string_view symbol, std::size_t value) const {
  for (const ExplanationParameter& candidate : parameters) {
    const bool covers = value >= candidate.firstValue && value - candidate.firstValue < candidate.valueCount;
    if (covers && candidate.symbol == symbol) return &candidate;
  }
  return nullptr;
}

std::string stepFormula(const ExplanationStep& step) {
  return step.pattern.empty() ? step.symbol : step.symbol + " = " + symbolText(step.pattern);
}

std::string stepText(const BlockExplanation& explanation, std::size_t step, std::size_t value) {
  const ExplanationStep& column = explanation.steps[step];
  const std::string result = numberText(column.values[value]);
  if (column.pattern.empty()) return column.symbol + " = " + result;
  bool isComputed = true;  // or the encoder had no such number here
  const auto valueOf = [&](std::string_view name) {
    const double number = numberOfName(explanation, value, name);
    isComputed = isComputed && !std::isnan(number);
    return number;
  };
  const std::string filled = filledText(column.pattern, valueOf);
  if (std::isnan(column.values[value]) || !isComputed) return column.symbol + " = " + result;
  return column.symbol + " = " + filled + " = " + result;
}

std::vector<double> errorInSteps(const BlockExplanation& explanation) {
  const ExplanationStep* error = explanation.step(StepId::Error);
  std::vector<double> result(explanation.values.size(), std::numeric_limits<double>::quiet_NaN());
  if (error == nullptr) return result;
  for (const ExplanationLevels& set : explanation.levels)
    for (std::size_t i = set.firstValue; i < std::size_t{set.firstValue} + set.valueCount; ++i)
      result[i] = error->values[i] / stepAt(set.levels, static_cast<double>(explanation.values[i]));
  return result;
}

}  // namespace core::quant
