#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/quant/explain/explain_families.h"
#include "core/quant/explain/formula_text.h"
#include "core/quant/uniform_range.h"

namespace core::quant {

namespace {

std::string signedText(std::int32_t value) { return numberText(static_cast<double>(value)); }

std::string sharing(const Grouping& grouping, std::size_t count) {
  if (grouping.granularity == Granularity::Tensor) return "of the whole tensor";
  return grouping.granularity == Granularity::Row ? "of the row" : fmt::format("of these {} weights", count);
}

std::string rangeMeaning(const Scheme& scheme, const UniformGrid& grid, const std::string& whose) {
  const bool isAffine = scheme.format.zeroPoint == ZeroPoint::On;
  switch (scheme.method.range) {
    case RangeMethod::Absmax:
      return fmt::format("From −max |x| to max |x| {}.", whose);
    case RangeMethod::MinMax:
      return fmt::format("From the least to the greatest value {}, widened to contain 0.", whose);
    case RangeMethod::Percentile:
      if (!isAffine)
        return fmt::format("The {} % percentile of |x| {}, on both sides.", scheme.method.percentile, whose);
      return fmt::format("The {} % and {} % percentiles {}, widened to contain 0.", 100.0 - scheme.method.percentile,
                         scheme.method.percentile, whose);
    case RangeMethod::Mse:
      return fmt::format(
          "{} ranges were tried, from the full one {} down to 30 % of it in steps of 1 %; {} % has the least {}squared "
          "error.",
          kRangeCandidates, whose, std::lround(static_cast<double>(grid.factor) * 100.0),
          scheme.method.name == MethodName::ImportanceMatrix ? "weighted " : "");
  }
  return {};
}

void explainRange(const ExplainInput& input, const UniformGrid& grid, BlockExplanation& out) {
  const bool isAffine = input.scheme.format.zeroPoint == ZeroPoint::On;
  const double negative = static_cast<double>(grid.range.negative), positive = static_cast<double>(grid.range.positive);
  out.range.low = isAffine ? 0.0 - negative : 0.0 - std::max(negative, positive);
  out.range.high = isAffine ? positive : std::max(negative, positive);
  out.range.meaning = rangeMeaning(input.scheme, grid, sharing(input.scheme.format.grouping, out.values.size()));
  out.range.candidates = input.scheme.method.range == RangeMethod::Mse ? kRangeCandidates : 0;
}

void explainScale(const Scheme& scheme, const UniformGrid& grid, BlockExplanation& out) {
  const UniformLevels level = uniformLevels(scheme.format);
  const auto valueOf = [&](std::string_view name) {
    if (name == "xmin") return out.range.low;
    if (name == "qmin") return static_cast<double>(level.min);
    return name == "qmax" ? static_cast<double>(level.max) : out.range.high;
  };
  ExplanationParameter& scale = parameterOf(out, "S");
  const bool isAffine = scheme.format.zeroPoint == ZeroPoint::On;
  scale.meaning = "The scale: the distance between two levels.";
  setFormula(scale, isAffine ? "({xmax} − {xmin})/({qmax} − {qmin})" : "{xmax}/{qmax}", valueOf,
             static_cast<double>(grid.computedScale));
  if (!std::isfinite(grid.range.positive + grid.range.negative))
    out.notes.push_back("The range is wider than FP32: the scale is that of its larger side.");
}

/// 8-bit scales: the code of the scale under the largest of 256.
void explainSecondLevel(BlockExplanation& out) {
  const double largest = parameterOf(out, "M").stored;
  parameterOf(out, "M").meaning = "The largest of 256 neighbouring scales.";
  ExplanationParameter& code = parameterOf(out, "k");
  code.meaning = "The scale in 255ths of the largest, rounded up so that no value is clipped.";
  if (largest == 0.0) return;
  const double scale = *parameterOf(out, "S").computed;
  setRoundedFormula(
      code, {"⌈", "⌉"}, "{S′}/{M}·255", [&](std::string_view name) { return name == "M" ? largest : scale; },
      scale / largest * 255.0);
}

void explainZeroPoint(const UniformLevels& level, const UniformGrid& grid, float scale, BlockExplanation& out) {
  ExplanationParameter& zero = parameterOf(out, "Z");
  if (scale == 0.0F) return;
  const auto valueOf = [&](std::string_view name) {
    if (name == "qmin") return static_cast<double>(level.min);
    return name == "xmin" ? out.range.low : static_cast<double>(scale);
  };
  setRoundedFormula(zero, {}, "{qmin} − {xmin}/{S}", valueOf,
                    static_cast<double>(exactZeroPoint(level, grid.range, scale)));
}

/// The columns from x to the integer: uniformCode is what the encoder calls.
void explainCodes(const ExplainInput& input, float scale, float zero, BlockExplanation& out) {
  const UniformLevels level = uniformLevels(input.scheme.format);
  const float lowest = static_cast<float>(level.min) - zero, highest = static_cast<float>(level.max) - zero;
  std::vector<double> divided, rounded, clamped;
  for (const float x : out.values) {
    if (scale == 0.0F) {
      divided.push_back(std::nan("")), rounded.push_back(std::nan("")), clamped.push_back(static_cast<double>(zero));
      continue;
    }
    const UniformCode code = uniformCode(x, scale, lowest, highest);
    divided.push_back(static_cast<double>(code.divided));
    rounded.push_back(static_cast<double>(code.rounded));
    clamped.push_back(static_cast<double>(code.clamped + zero));
  }
  std::erase_if(out.steps, [](const ExplanationStep& step) { return step.id == StepId::Level; });
  const bool isAffine = input.scheme.format.zeroPoint == ZeroPoint::On;
  insertStepBefore(out, StepId::Code, {StepId::Divide, "t", "in units of the scale", "{x}/{S}", std::move(divided)});
  insertStepBefore(out, StepId::Code,
                   {StepId::Round, "r", "to a whole number, halves to the even one", "round({t})", std::move(rounded)});
  insertStepBefore(
      out, StepId::Code,
      {StepId::Clamp, "xq", "to the integers there are",
       fmt::format("clamp({{r}}{}, {}, {})", isAffine ? " + {Z}" : "", signedText(level.min), signedText(level.max)),
       std::move(clamped)});
  for (ExplanationStep& step : out.steps)
    if (step.id == StepId::Code) step.pattern = fmt::format("{{xq}} + {}", -level.min);
  if (scale == 0.0F) {
    out.notes.push_back(
        "The range is 0, and so is the scale: nothing is divided, every code is the one that stands for 0.");
    return;
  }
  out.transfer = [=](float x, std::size_t) { return scale * uniformCode(x, scale, lowest, highest).clamped; };
}

}  // namespace

void explainUniform(const ExplainInput& input, BlockExplanation& out) {
  const Scheme& scheme = input.scheme;
  const auto& codes = *input.encoded.as<Uniform>();
  const bool isWhole = codes.grouping.granularity == Granularity::Tensor;
  const UniformGrid grid =
      isWhole ? chooseGridOfTensor(scheme, input.source, input.importanceOfRows, input.job)
              : chooseGrid(scheme, input.values().data(), input.values().size(), input.importanceOfBlock());
  const std::uint64_t group = groupOf(codes.grouping, input.encoded.rowValues(), input.place.first);
  explainRange(input, grid, out);
  explainScale(scheme, grid, out);
  if (codes.scaleType == ScaleType::UInt8) explainSecondLevel(out);
  const float zero = codes.zeroPoints.empty() ? 0.0F : codes.zeroPoints[group];
  if (!codes.zeroPoints.empty()) explainZeroPoint(uniformLevels(scheme.format), grid, codes.scales[group], out);
  explainCodes(input, codes.scales[group], zero, out);
}

}  // namespace core::quant
