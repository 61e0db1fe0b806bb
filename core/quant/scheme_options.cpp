#include "core/quant/scheme_options.h"

#include <fmt/format.h>

#include <bit>
#include <iterator>
#include <optional>
#include <vector>

#include "core/quant/method_options.h"

namespace core::quant {

namespace {

constexpr std::uint32_t kSmallestBlock = 16;
constexpr std::uint32_t kLargestBlock = 4096;  // as in bitsandbytes
constexpr std::uint32_t kTile = 128;           // of FP8 checkpoints
constexpr float kSmallestBase = 1.01F, kLargestBase = 16.0F;

bool is(const Scheme& scheme, Family wanted) { return family(scheme.format.name) == wanted; }

void resetGrouping(Scheme& scheme) { scheme.format.grouping = defaultFormat(scheme.format.name).grouping; }

// group, block and scale are three ways to say the grouping; formats that take none of them have a fixed one

bool takesGroup(const Scheme& scheme) {
  return is(scheme, Family::Integer) || is(scheme, Family::Logarithmic) || is(scheme, Family::KMeans);
}
bool readGroup(Scheme& scheme, std::string_view value) {
  if (value == "row") return scheme.format.grouping = {Granularity::Row, 0}, true;
  if (value == "tensor") return scheme.format.grouping = {Granularity::Tensor, 0}, true;
  const auto size = number<std::uint32_t>(value);
  if (!size || *size == 0) return false;
  scheme.format.grouping = {Granularity::Group, *size};
  return true;
}
bool isGroup(const Scheme& scheme) {
  const Grouping& grouping = scheme.format.grouping;
  if (grouping.granularity == Granularity::Group) return grouping.size != 0;
  const bool whole = grouping.granularity == Granularity::Row || grouping.granularity == Granularity::Tensor;
  return whole && grouping.size == 0;
}
std::string printGroup(const Scheme& scheme) {
  const Grouping& grouping = scheme.format.grouping;
  if (grouping.granularity == Granularity::Row) return "row";
  if (grouping.granularity == Granularity::Tensor) return "tensor";
  return std::to_string(grouping.size);
}

bool takesBlock(const Scheme& scheme) { return is(scheme, Family::CodeBook); }
void resetBlock(Scheme& scheme) {
  if (takesBlock(scheme)) resetGrouping(scheme);
}
bool isBlock(const Scheme& scheme) {
  const Grouping& grouping = scheme.format.grouping;
  return grouping.granularity == Granularity::Block && std::has_single_bit(grouping.size) &&
         grouping.size >= kSmallestBlock && grouping.size <= kLargestBlock;
}
bool readBlock(Scheme& scheme, std::string_view value) {
  scheme.format.grouping = {Granularity::Block, number<std::uint32_t>(value).value_or(0)};
  return isBlock(scheme);
}
std::string printBlock(const Scheme& scheme) { return std::to_string(scheme.format.grouping.size); }

struct ScaleWord {
  std::string_view text;
  Grouping grouping;
};
constexpr ScaleWord kScaleWords[] = {{"none", {Granularity::None, 0}},
                                     {"tensor", {Granularity::Tensor, 0}},
                                     {"row", {Granularity::Row, 0}},
                                     {"block128", {Granularity::Tile, kTile}}};

bool takesScale(const Scheme& scheme) { return is(scheme, Family::ScaledFloat); }
void resetScale(Scheme& scheme) {
  if (takesScale(scheme)) resetGrouping(scheme);
}
void resetGroup(Scheme& scheme) {
  if (!takesBlock(scheme) && !takesScale(scheme)) resetGrouping(scheme);
}
bool readScale(Scheme& scheme, std::string_view value) {
  for (const ScaleWord& word : kScaleWords)
    if (word.text == value) return scheme.format.grouping = word.grouping, true;
  return false;
}
std::string printScale(const Scheme& scheme) {
  for (const ScaleWord& word : kScaleWords)
    if (word.grouping == scheme.format.grouping) return std::string(word.text);
  return {};
}
bool isScale(const Scheme& scheme) { return !printScale(scheme).empty(); }
std::string displayScale(const Scheme& scheme) {
  const std::string word = printScale(scheme);
  return word == "none" ? std::string() : word == "block128" ? "128 × 128" : word;
}

// range, p, zero

constexpr std::string_view kRanges[] = {"absmax", "minmax", "percentile", "mse"};

bool takesRange(const Scheme& scheme) { return is(scheme, Family::Integer); }
void resetRange(Scheme& scheme) { scheme.method.range = RangeMethod::Absmax; }
bool readRange(Scheme& scheme, std::string_view value) {
  for (std::size_t i = 0; i < std::size(kRanges); ++i)
    if (kRanges[i] == value) return scheme.method.range = static_cast<RangeMethod>(i), true;
  return false;
}
std::string printRange(const Scheme& scheme) {
  return std::string(kRanges[static_cast<std::size_t>(scheme.method.range)]);
}
std::string displayRange(const Scheme& scheme) {
  switch (scheme.method.range) {
    case RangeMethod::Absmax:
      return {};
    case RangeMethod::MinMax:
      return "min–max";
    case RangeMethod::Percentile:
      return fmt::format("{} %", scheme.method.percentile);
    case RangeMethod::Mse:
      return "least MSE";
  }
  return {};
}

bool takesPercentile(const Scheme& scheme) {
  return is(scheme, Family::Integer) && scheme.method.range == RangeMethod::Percentile;
}
void resetPercentile(Scheme& scheme) { scheme.method.percentile = Method().percentile; }
bool isPercentile(const Scheme& scheme) { return scheme.method.percentile > 50 && scheme.method.percentile <= 100; }
bool readPercentile(Scheme& scheme, std::string_view value) {
  scheme.method.percentile = number<double>(value).value_or(0.0);
  return isPercentile(scheme);
}
std::string printPercentile(const Scheme& scheme) { return fmt::format("{}", scheme.method.percentile); }

bool takesZero(const Scheme& scheme) {
  return is(scheme, Family::Integer) && scheme.method.range != RangeMethod::Absmax &&
         scheme.method.range != RangeMethod::MinMax;
}
void resetZero(Scheme& scheme) {
  const bool affine = is(scheme, Family::Integer) && scheme.method.range == RangeMethod::MinMax;
  const ZeroPoint zero = scheme.method.name == MethodName::Hqq ? ZeroPoint::Float : ZeroPoint::On;
  scheme.format.zeroPoint = affine ? zero : ZeroPoint::Off;
}
bool readZero(Scheme& scheme, std::string_view value) {
  scheme.format.zeroPoint = value == "on" ? ZeroPoint::On : ZeroPoint::Off;
  return value == "on" || value == "off";
}
std::string printZero(const Scheme& scheme) { return scheme.format.zeroPoint == ZeroPoint::On ? "on" : "off"; }
std::string displayZero(const Scheme& scheme) {
  return scheme.format.zeroPoint == ZeroPoint::On ? "zero-point" : std::string();
}

// scales

bool takesScales(const Scheme& scheme) { return takesGroup(scheme); }
bool isScales(const Scheme& scheme) {
  const ScaleType type = scheme.format.scaleType;
  return type <= ScaleType::Bf16 || (type == ScaleType::UInt8 && is(scheme, Family::Integer));
}
void resetScales(Scheme& scheme) {
  scheme.format.scaleType = defaultScaleType(scheme.format.name, scheme.format.grouping);
}
bool readScales(Scheme& scheme, std::string_view value) {
  for (const ScaleType type : {ScaleType::Fp32, ScaleType::Fp16, ScaleType::Bf16, ScaleType::UInt8})
    if (toString(type) == value) return scheme.format.scaleType = type, isScales(scheme);
  return false;
}
std::string printScales(const Scheme& scheme) { return std::string(toString(scheme.format.scaleType)); }
std::string displayScales(const Scheme& scheme) {
  Scheme standard = scheme;
  resetScales(standard);
  return standard == scheme ? std::string() : printScales(scheme) + " scales";
}

// base

bool takesBase(const Scheme& scheme) { return is(scheme, Family::Logarithmic); }
void resetBase(Scheme& scheme) { scheme.format.base = Format().base; }
bool isBase(const Scheme& scheme) { return scheme.format.base >= kSmallestBase && scheme.format.base <= kLargestBase; }
bool readBase(Scheme& scheme, std::string_view value) {
  scheme.format.base = number<float>(value).value_or(0.0F);
  return isBase(scheme);
}
std::string printBase(const Scheme& scheme) { return fmt::format("{}", scheme.format.base); }
std::string displayBase(const Scheme& scheme) { return "base " + printBase(scheme); }

// double

bool takesDouble(const Scheme& scheme) {
  return scheme.format.name == FormatName::Nf4 || scheme.format.name == FormatName::Fp4;
}
void resetDouble(Scheme& scheme) { scheme.format.doubleQuantization = DoubleQuantization::Off; }
bool readDouble(Scheme& scheme, std::string_view value) {
  scheme.format.doubleQuantization = value == "on" ? DoubleQuantization::On : DoubleQuantization::Off;
  return value == "on" || value == "off";
}
std::string printDouble(const Scheme& scheme) {
  return scheme.format.doubleQuantization == DoubleQuantization::On ? "on" : "off";
}
std::string displayDouble(const Scheme& scheme) {
  return scheme.format.doubleQuantization == DoubleQuantization::On ? "dq" : std::string();
}

// compute

/// Products in integers are not made in a type of floats.
bool takesCompute(const Scheme& scheme) {
  const ActivationName activations = scheme.activations.name;
  return activations != ActivationName::Int8Dynamic && activations != ActivationName::Int8Static &&
         activations != ActivationName::LlmInt8;
}
void resetCompute(Scheme& scheme) { scheme.compute = ComputeType::Fp32; }
bool readCompute(Scheme& scheme, std::string_view value) {
  for (const ComputeType type : {ComputeType::Fp32, ComputeType::Fp16, ComputeType::Bf16})
    if (toString(type) == value) return scheme.compute = type, true;
  return false;
}
std::string printCompute(const Scheme& scheme) { return std::string(toString(scheme.compute)); }
std::string displayCompute(const Scheme& scheme) {
  return scheme.compute == ComputeType::Fp32 ? std::string() : printCompute(scheme) + " arithmetic";
}

bool isAny(const Scheme&) { return true; }

constexpr SchemeOption kFormatOptions[] = {
    {"group", "a whole number of at least 1, 'row' or 'tensor'", takesGroup, resetGroup, readGroup, isGroup, printGroup,
     printGroup, "16 32 64 128 256 512 1024"},
    {"block", "a power of two from 16 to 4096", takesBlock, resetBlock, readBlock, isBlock, printBlock, printBlock,
     "16 32 64 128 256 512 1024 2048 4096"},
    {"scale", "'none', 'tensor', 'row' or 'block128'", takesScale, resetScale, readScale, isScale, printScale,
     displayScale},
    {"range", "'absmax', 'minmax', 'percentile' or 'mse'", takesRange, resetRange, readRange, isAny, printRange,
     displayRange},
    {"p", "a percentage over 50 and at most 100", takesPercentile, resetPercentile, readPercentile, isPercentile,
     printPercentile, nullptr, "95 99 99.5 99.9 100"},
    {"zero", "'on' or 'off'", takesZero, resetZero, readZero, isAny, printZero, displayZero},
    {"scales", "'fp32', 'fp16', 'bf16' or, for integers, 'uint8'", takesScales, resetScales, readScales, isScales,
     printScales, displayScales},
    {"base", "a number from 1.01 to 16", takesBase, resetBase, readBase, isBase, printBase, displayBase,
     "1.1 1.25 1.5 2 4"},
    {"double", "'on' or 'off'", takesDouble, resetDouble, readDouble, isAny, printDouble, displayDouble},
};

constexpr SchemeOption kArithmetic[] = {
    {"compute", "'fp32', 'fp16' or 'bf16'", takesCompute, resetCompute, readCompute, isAny, printCompute,
     displayCompute},
};

}  // namespace

std::span<const SchemeOption> schemeOptions() {
  static const std::vector<SchemeOption> options = [] {
    std::vector<SchemeOption> all(std::begin(kFormatOptions), std::end(kFormatOptions));
    for (const std::span<const SchemeOption> more :
         {methodOptions(), activationOptions(), std::span<const SchemeOption>(kArithmetic)})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return options;
}

}  // namespace core::quant
