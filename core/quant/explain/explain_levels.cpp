#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/quant/explain/code_book_steps.h"
#include "core/quant/explain/explain_families.h"
#include "core/quant/explain/formula_text.h"
#include "core/quant/finite_values.h"
#include "core/quant/scale_rule.h"

namespace core::quant {

namespace {

/// The largest magnitudes that the block's scale depends on.
struct Maxima {
  float group = 0.0F;
  float tensor = 0.0F;  ///< where the scale depends on it
};

Maxima findMaxima(const ExplainInput& input, const CodeBook& codes) {
  const bool isWide = codes.grouping.granularity == Granularity::Tensor ||
                      codes.grouping.granularity == Granularity::Tile || codes.scaleType == ScaleType::E4M3;
  if (!isWide) return {maxFiniteMagnitude(input.values().data(), input.values().size()), 0.0F};
  const std::vector<float> all = groupMaxima(input.source, codes.grouping, input.job);
  return {all[groupOf(codes.grouping, input.source.rowValues(), input.place.first)],
          *std::max_element(all.begin(), all.end())};
}

std::string whose(const Grouping& grouping, std::size_t count) {
  switch (grouping.granularity) {
    case Granularity::Tensor:
      return "the whole tensor";
    case Granularity::Row:
      return "the row";
    case Granularity::Tile:
      return fmt::format("the {0} × {0} tile", grouping.size);
    default:
      return fmt::format("these {} weights", count);
  }
}

/// NVFP4: a factor for the tensor, an FP8 number for the group, and the scale that both make.
void explainTensorFactor(const ScaleRule& rule, const Maxima& maxima, BlockExplanation& out) {
  const auto amaxOf = [](float amax) { return [amax](std::string_view) { return static_cast<double>(amax); }; };
  ExplanationParameter& factor = parameterOf(out, "g");
  factor.meaning = "The factor of the tensor: it brings the largest scale to the largest FP8 number, 448.";
  if (maxima.tensor != 0.0F)
    setFormula(factor, "448·6/{amax of the tensor}", amaxOf(maxima.tensor), static_cast<double>(rule.tensorFactor()));
  ExplanationParameter& stored = parameterOf(out, "s");
  stored.meaning = "The scale of these weights in units of the tensor's factor.";
  const double g = static_cast<double>(rule.tensorFactor()), amax = static_cast<double>(maxima.group);
  setRoundedFormula(
      stored, {"FP8(", ")"}, "{g}·{amax}/6", [=](std::string_view name) { return name == "g" ? g : amax; },
      static_cast<double>(rule.computed(maxima.group)));
}

void explainScale(const Scheme& scheme, const ScaleRule& rule, const Maxima& maxima, BlockExplanation& out) {
  const double largest = static_cast<double>(rule.largestLevel()), amax = static_cast<double>(maxima.group);
  const auto valueOf = [=](std::string_view name) { return name == "amax" ? amax : largest; };
  ExplanationParameter& scale = parameterOf(out, "S");
  const double computed = static_cast<double>(rule.computed(maxima.group));
  if (scheme.format.scaleType == ScaleType::E4M3) return explainTensorFactor(rule, maxima, out);
  if (scheme.format.scaleType == ScaleType::E8M0) {
    scale.meaning = "The scale: the power of two that brings the largest magnitude into the top binade of the levels.";
    if (amax != 0.0) return setFormula(scale, "2^(⌊log₂ {amax}⌋ − ⌊log₂ {largest level}⌋)", valueOf, computed);
    scale.computed = computed;
    return;
  }
  if (family(scheme.format.name) == Family::Logarithmic) return setFormula(scale, "{amax}", valueOf, computed);
  setFormula(scale, "{amax}/{largest level}", valueOf, computed);
}

}  // namespace

void explainScaledLevels(const ExplainInput& input, BlockExplanation& out) {
  const Scheme& scheme = input.scheme;
  const auto& codes = *input.encoded.as<CodeBook>();
  const std::vector<float> levels = writtenLevels(scheme.format);
  const Maxima maxima = findMaxima(input, codes);
  const ScaleRule rule(scheme.format, levels, maxima.tensor);
  const float scale = codes.scale(groupOf(codes.grouping, input.encoded.rowValues(), input.place.first));
  explainScale(scheme, rule, maxima, out);
  out.range.low = -static_cast<double>(scale * rule.largestLevel());
  out.range.high = -out.range.low;
  out.range.meaning =
      fmt::format("amax = {} is the largest magnitude of {}.", numberText(static_cast<double>(maxima.group)),
                  whose(codes.grouping, out.values.size()));
  if (codes.grouping.granularity == Granularity::Tile)
    out.notes.push_back("Of the tile, the weights in this row are shown.");

  std::vector<double> divided;
  for (const float x : out.values) divided.push_back(static_cast<double>(inUnitsOf(scale, x)));
  const bool isLogarithmic = family(scheme.format.name) == Family::Logarithmic;
  addDivideAndRound(
      out, "{x}/{S}", std::move(divided),
      isLogarithmic ? "of two levels equally near, the smaller one" : "of two levels equally near, the even code");
  const NearestLevel nearest(levels, tiesOf(scheme.format));
  out.transfer = [scale, levels, nearest](float x, std::size_t) {
    return levels[nearest.code(inUnitsOf(scale, x))] * scale;
  };
}

}  // namespace core::quant
