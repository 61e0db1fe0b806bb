#include <fmt/format.h>

#include <iterator>
#include <string>

#include "core/quant/block_integers.h"
#include "core/quant/method_options.h"

namespace core::quant {

namespace {

struct ActivationWord {
  std::string_view text, display;
};
constexpr ActivationWord kNames[] = {{"none", ""},
                                     {"int8_dynamic", "INT8 inputs"},
                                     {"int8_static", "static INT8 inputs"},
                                     {"fp8_dynamic", "FP8 inputs"},
                                     {"fp8_static", "static FP8 inputs"}};
constexpr std::string_view kRanges[] = {"minmax", "percentile", "entropy"};

bool isLlmInt8(const Scheme& scheme) { return scheme.format.name == FormatName::LlmInt8; }

bool takesActivations(const Scheme& scheme) { return !isLlmInt8(scheme); }
void resetActivations(Scheme& scheme) {
  scheme.activations.name = isLlmInt8(scheme) ? ActivationName::LlmInt8 : ActivationName::None;
}
/// Kernels of integers have a scale for 8, 16 or whole units of 32 columns at least.
bool areWholeGroups(const Grouping& grouping) {
  return grouping.granularity != Granularity::Group || grouping.size == 8 || grouping.size == 16 ||
         grouping.size % 32 == 0;
}
bool areIntegers(const Scheme& scheme) {
  if (family(scheme.format.name) == Family::Integer)
    return scheme.format.zeroPoint != ZeroPoint::Float && areWholeGroups(scheme.format.grouping);
  const auto dtype = storedDType(scheme.format);
  return dtype && (areIntegerBlocks(*dtype) || areScaledIntegerBlocks(*dtype));
}
/// Products in integers need integers on both sides; floats of 8 bits are rounded to and multiplied as floats.
bool isActivations(const Scheme& scheme) {
  switch (scheme.activations.name) {
    case ActivationName::Int8Dynamic:
    case ActivationName::Int8Static:
      return areIntegers(scheme);
    case ActivationName::LlmInt8:
      return isLlmInt8(scheme);
    default:
      return true;
  }
}
bool readActivations(Scheme& scheme, std::string_view value) {
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i].text == value) return scheme.activations.name = static_cast<ActivationName>(i), isActivations(scheme);
  return false;
}
const ActivationWord& wordOf(const Scheme& scheme) { return kNames[static_cast<std::size_t>(scheme.activations.name)]; }
std::string printActivations(const Scheme& scheme) { return std::string(wordOf(scheme).text); }
std::string displayActivations(const Scheme& scheme) { return std::string(wordOf(scheme).display); }

bool takesRange(const Scheme& scheme) { return scheme.activations.isStatic(); }
void resetRange(Scheme& scheme) { scheme.activations.range = ActivationRange::MinMax; }
bool readRange(Scheme& scheme, std::string_view value) {
  for (std::size_t i = 0; i < std::size(kRanges); ++i)
    if (kRanges[i] == value) return scheme.activations.range = static_cast<ActivationRange>(i), true;
  return false;
}
std::string printRange(const Scheme& scheme) {
  return std::string(kRanges[static_cast<std::size_t>(scheme.activations.range)]);
}
std::string displayRange(const Scheme& scheme) {
  switch (scheme.activations.range) {
    case ActivationRange::MinMax:
      return {};
    case ActivationRange::Percentile:
      return fmt::format("inputs to {} %", scheme.activations.percentile);
    case ActivationRange::Entropy:
      return "inputs by entropy";
  }
  return {};
}
bool isAny(const Scheme&) { return true; }

bool takesPercentile(const Scheme& scheme) {
  return takesRange(scheme) && scheme.activations.range == ActivationRange::Percentile;
}
void resetPercentile(Scheme& scheme) { scheme.activations.percentile = Activations().percentile; }
bool isPercentile(const Scheme& scheme) {
  return scheme.activations.percentile > 50 && scheme.activations.percentile <= 100;
}
bool readPercentile(Scheme& scheme, std::string_view value) {
  scheme.activations.percentile = number<double>(value).value_or(0.0);
  return isPercentile(scheme);
}
std::string printPercentile(const Scheme& scheme) { return fmt::format("{}", scheme.activations.percentile); }

void resetThreshold(Scheme& scheme) { scheme.activations.threshold = Activations().threshold; }
bool isThreshold(const Scheme& scheme) {
  return scheme.activations.threshold >= 0.0F && scheme.activations.threshold <= 1e6F;
}
bool readThreshold(Scheme& scheme, std::string_view value) {
  scheme.activations.threshold = number<float>(value).value_or(-1.0F);
  return isThreshold(scheme);
}
std::string printThreshold(const Scheme& scheme) { return fmt::format("{}", scheme.activations.threshold); }
std::string displayThreshold(const Scheme& scheme) {
  return scheme.activations.threshold == Activations().threshold
             ? std::string()
             : fmt::format("outliers from {}", scheme.activations.threshold);
}

constexpr SchemeOption kOptions[] = {
    {"activations", "'none', 'int8_dynamic', 'int8_static', 'fp8_dynamic' or 'fp8_static'", takesActivations,
     resetActivations, readActivations, isActivations, printActivations, displayActivations},
    {"input_range", "'minmax', 'percentile' or 'entropy'", takesRange, resetRange, readRange, isAny, printRange,
     displayRange},
    {"input_p", "a percentage over 50 and at most 100", takesPercentile, resetPercentile, readPercentile, isPercentile,
     printPercentile, nullptr, "99 99.9 99.99 100"},
    {"threshold", "a number from 0 to 1000000", isLlmInt8, resetThreshold, readThreshold, isThreshold, printThreshold,
     displayThreshold, "0 4 6 8"},
};

}  // namespace

std::span<const SchemeOption> activationOptions() { return kOptions; }

}  // namespace core::quant
