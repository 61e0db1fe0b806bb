#include <algorithm>
#include <cmath>

#include "core/quant/bitsandbytes.h"
#include "core/quant/bitsandbytes_codes.h"
#include "core/quant/explain/code_book_steps.h"
#include "core/quant/explain/explain_families.h"
#include "core/quant/finite_values.h"

namespace core::quant {

namespace {

using NamedNumber = std::function<double(std::string_view)>;

void explainNested(const NestedScales& nested, std::uint64_t group, float absmax, BlockExplanation& out) {
  const float largest = nested.absmax[group / kNestedBlock];
  const NamedNumber valueOf = [&](std::string_view name) {
    if (name == "S′") return static_cast<double>(absmax);
    return static_cast<double>(name == "o" ? nested.offset : largest);
  };
  parameterOf(out, "o").meaning = "The mean of all absmax values of the tensor.";
  parameterOf(out, "A").meaning = "The largest distance of 256 neighbouring absmax values from their mean.";
  ExplanationParameter& code = parameterOf(out, "c");
  code.meaning = "The absmax of these weights in that unit, as the nearest entry of the dynamic 8-bit map.";
  setRoundedFormula(code, {"entry nearest to ", ""}, "({S′} − {o})/{A}", valueOf,
                    static_cast<double>(nestedInUnits(absmax, nested.offset, largest)));
}

/// What the encoder compares with the thresholds of the code book.
float inUnits(FormatName name, float absmax, float value) {
  return name == FormatName::Dynamic8 ? dynamicInUnits(absmax, value) : value * (1.0F / absmax);
}

std::uint8_t codeOf(FormatName name, float units) {
  if (name == FormatName::Nf4) return static_cast<std::uint8_t>(nf4Code(units));
  if (name == FormatName::Fp4) return fp4CodeOfRank(static_cast<std::uint8_t>(fp4Rank(units)));
  return nearestDynamicCode(units);
}

}  // namespace

void explainBitsandbytes(const ExplainInput& input, BlockExplanation& out) {
  const FormatName name = input.scheme.format.name;
  const auto& codes = *input.encoded.as<CodeBook>();
  const float absmax = maxFiniteMagnitude(out.values.data(), out.values.size());
  const std::uint64_t group = groupOf(codes.grouping, input.encoded.rowValues(), input.place.first);
  ExplanationParameter& scale = parameterOf(out, "S");
  scale.meaning = "The largest magnitude of these weights: it becomes level 1 or −1.";
  setFormula(
      scale, "max |x|", [](std::string_view) { return 0.0; }, static_cast<double>(absmax));
  if (codes.nested) explainNested(*codes.nested, group, absmax, out);
  out.range.low = -static_cast<double>(absmax), out.range.high = static_cast<double>(absmax);
  out.range.meaning = "From −max |x| to max |x| of the block: consecutive weights of the flattened tensor.";

  std::vector<float> finite(out.values.size());
  copyFinite(out.values.data(), out.values.size(), absmax, finite.data());
  std::vector<double> divided;
  for (const float x : finite) divided.push_back(static_cast<double>(inUnits(name, absmax, x)));
  addDivideAndRound(out, name == FormatName::Dynamic8 ? "{x}/{S′}" : "{x}·(1/{S′})", std::move(divided),
                    "as the thresholds of bitsandbytes decide");
  if (absmax == 0.0F) out.notes.push_back("All weights are 0: so is the scale, and the code means nothing.");
  const auto levels = bitsandbytesLevels(name);
  const float stored = codes.scale(group);
  out.transfer = [=](float x, std::size_t) {
    copyFinite(&x, 1, absmax, &x);
    return levels[codeOf(name, inUnits(name, absmax, x))] * stored;
  };
}

}  // namespace core::quant
