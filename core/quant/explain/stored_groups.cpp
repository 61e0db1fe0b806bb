#include "core/quant/explain/stored_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/numeric/code_books.h"
#include "core/numeric/codec.h"
#include "core/quant/bit_stream.h"
#include "core/quant/explain/block_parameters.h"
#include "core/quant/explain/formula_text.h"
#include "core/quant/quantizer.h"
#include "core/quant/scaled_levels.h"

namespace core::quant {

namespace {

/// The bits that read as a number. @pre some do
std::uint64_t bitsFor(const BlockField& field, double number) {
  if (const auto* format = numberFormatOf(field.reading)) return numeric::encode(*format, number);
  return std::abs(number) < 0x1p62 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(number)) : 0;
}

/// The shared numbers of one group, in the order of their fields.
struct SideNumbers {
  std::vector<double> stored;   ///< as the fields read
  double scale = 1.0;           ///< what they make together
  std::string derivation = {};  ///< pattern of the scale where it is not a field itself
};

/// Scales under a second level are known by what they decode to; the codes follow from that.
SideNumbers secondLevel(const std::vector<float>& scales, std::uint64_t group) {
  const std::uint64_t first = group / kScalesPerMaximum * kScalesPerMaximum;
  const std::uint64_t end = std::min<std::uint64_t>(first + kScalesPerMaximum, scales.size());
  const float largest = *std::max_element(scales.begin() + static_cast<std::ptrdiff_t>(first),
                                          scales.begin() + static_cast<std::ptrdiff_t>(end));
  float code = 0.0F;
  while (code < 255.0F && secondLevelScale(code, largest) != scales[group]) code += 1.0F;
  return {{static_cast<double>(largest), static_cast<double>(code)}, static_cast<double>(scales[group]), "{M}·{k}/255"};
}

/// NVFP4: the FP8 value that the tensor's factor divides. Where a program multiplies by the inverse instead, the one
/// that comes nearest.
SideNumbers underTensorScale(const CodeBook& codes, std::uint64_t group) {
  const auto& format = numeric::numberFormat(numeric::FormatId::Fp8E4M3);
  double found = 0.0;
  float least = std::numeric_limits<float>::infinity();
  for (std::uint64_t code = 0; code <= format.maxFiniteCode(); ++code) {
    for (const double value : {numeric::decode(format, code), -numeric::decode(format, code)}) {
      const float off = std::abs(static_cast<float>(value) / codes.tensorFactor - codes.scales[group]);
      if (off < least) found = value, least = off;
    }
  }
  return {{static_cast<double>(codes.tensorFactor), found}, static_cast<double>(codes.scales[group]), "{s}/{g}"};
}

SideNumbers sideNumbers(const Uniform& codes, std::uint64_t group) {
  SideNumbers side;
  if (codes.scaleType == ScaleType::UInt8)
    side = secondLevel(codes.scales, group);
  else
    side.stored = {static_cast<double>(codes.scales[group])}, side.scale = side.stored[0];
  if (codes.zeroPoints.empty()) return side;
  const double zero = static_cast<double>(codes.zeroPoints[group]);
  side.stored.push_back(codes.zeroPointBits >= 16 ? zero : zero - static_cast<double>(codes.qmin));
  return side;
}

SideNumbers sideNumbers(const CodeBook& codes, std::uint64_t group) {
  const double scale = static_cast<double>(codes.scale(group));
  if (codes.nested)
    return {{static_cast<double>(codes.nested->offset), static_cast<double>(codes.nested->absmax[group / kNestedBlock]),
             static_cast<double>(codes.nested->codes[group])},
            scale,
            "{c}·{A} + {o}"};
  if (codes.scaleType == ScaleType::E4M3) return underTensorScale(codes, group);
  return {{scale}, scale};
}

SideNumbers sideNumbers(const LearnedCodeBooks& codes, std::uint64_t group) {
  SideNumbers side;
  for (std::size_t u = 0; u < std::size_t{1} << codes.bits; ++u)
    side.stored.push_back(static_cast<double>(codes.levels[(group << codes.bits) + u]));
  return side;
}

/// The block's own bytes: shared numbers, then codes.
void writeBytes(const SideNumbers& side, const std::vector<std::uint8_t>& codes, BlockExplanation& out) {
  out.bytes.assign(out.fields.bytes, std::byte{0});
  std::size_t shared = 0, code = 0;
  for (const BlockField& field : out.fields.fields) {
    if (field.role == FieldRole::Code)
      setBits(field, codes[code++], out.bytes);
    else if (field.role != FieldRole::Padding)
      setBits(field, bitsFor(field, side.stored[shared++]), out.bytes);
  }
}

float scaleOf(const Uniform& codes, std::uint64_t group) { return codes.scales[group]; }
float scaleOf(const CodeBook& codes, std::uint64_t group) { return codes.scale(group); }

/// What the codes 0, 1, … of a group decode to, by the layout's own decoder.
template <class Codes>
std::vector<double> levelsOfGroup(const Codes& codes, std::uint64_t group) {
  Codes one = codes;
  one.grouping = {Granularity::Row, 0};
  if constexpr (std::is_same_v<Codes, LearnedCodeBooks>) {
    const auto first = codes.levels.begin() + static_cast<std::ptrdiff_t>(group << codes.bits);
    one.levels.assign(first, first + (std::ptrdiff_t{1} << codes.bits));
  } else {
    one.scales = {scaleOf(codes, group)};
  }
  if constexpr (std::is_same_v<Codes, Uniform>)
    if (!codes.zeroPoints.empty()) one.zeroPoints = {codes.zeroPoints[group]};
  if constexpr (std::is_same_v<Codes, CodeBook>) one.packing = Packing::Rows, one.nested.reset();
  std::size_t count = std::size_t{1} << codes.bits;
  // Symmetric integers leave their last code unused: the levels are as many above 0 as below.
  if constexpr (std::is_same_v<Codes, Uniform>) count = (count >> 1U) + static_cast<std::size_t>(-codes.qmin);
  std::vector<std::uint8_t> all(count), packed(codeRowBytes(codes.bits, all.size()));
  std::iota(all.begin(), all.end(), std::uint8_t{0});
  packBits(all.data(), all.size(), codes.bits, packed.data());
  std::vector<float> decoded(all.size());
  decodeRows(one, std::as_bytes(std::span(packed)), {1, all.size()}, 0, 1, decoded.data());
  std::vector<double> levels;
  std::copy_if(decoded.begin(), decoded.end(), std::back_inserter(levels), [](float x) { return std::isfinite(x); });
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  return levels;
}

template <class Codes>
SideNumbers describe(const Codes& codes, const QuantizedTensor& tensor, const BlockPlace& place,
                     BlockExplanation& out) {
  const std::uint64_t group = groupOf(codes.grouping, tensor.rowValues(), place.first);
  const SideNumbers side = sideNumbers(codes, group);
  const auto count = static_cast<std::uint32_t>(place.count);
  out.fields = fieldsOf(tensor, count);
  const std::vector<std::uint8_t> stored = codesOf(tensor, place);
  writeBytes(side, stored, out);
  out.parameters = storedParameters(out.fields, out.bytes);
  out.levels = {{0, count, levelsOfGroup(codes, group)}};
  addStep(out, StepId::Code, "u", "what is stored", "", {stored.begin(), stored.end()});
  return side;
}

/// A scale that follows from other parameters.
void addDerivedScale(const SideNumbers& side, BlockExplanation& out) {
  if (side.derivation.empty()) return;
  ExplanationParameter scale;
  scale.symbol = "S";
  scale.meaning = "The scale: what one step of these weights' codes is worth.";
  scale.stored = side.scale;
  scale.storedAs = symbolText(side.derivation);
  scale.valueCount = out.fields.values;
  out.parameters.push_back(std::move(scale));
}

std::string describeUniform(const Uniform& codes, const QuantizedTensor& tensor, const BlockPlace& place,
                            BlockExplanation& out) {
  const SideNumbers side = describe(codes, tensor, place, out);
  addDerivedScale(side, out);
  std::vector<double> integers = out.step(StepId::Code)->values;
  for (double& value : integers) value += static_cast<double>(codes.qmin);
  addStep(out, StepId::Level, "xq", "the integer that the code stands for", fmt::format("{{u}} − {}", -codes.qmin),
          integers);
  if (codes.zeroPoints.empty()) return "{S}·{xq}";
  ExplanationParameter& zero = parameterOf(out, "Z");
  if (codes.zeroPointBits >= 16) return "{S}·({xq} − {Z})";
  zero.stored += static_cast<double>(codes.qmin);
  zero.storedAs += fmt::format(" Z + {}", -codes.qmin);
  return "{S}·({xq} − {Z})";
}

std::string describeCodeBook(const CodeBook& codes, const QuantizedTensor& tensor, const BlockPlace& place,
                             BlockExplanation& out) {
  const SideNumbers side = describe(codes, tensor, place, out);
  addDerivedScale(side, out);
  std::vector<double> levels;
  for (const double code : out.step(StepId::Code)->values)
    levels.push_back(static_cast<double>(codes.levels[static_cast<std::size_t>(code)]));
  addStep(out, StepId::Level, "v", "the entry of the code book", "level {u}", levels);
  return "{v}·{S}";
}

std::string describeLearned(const LearnedCodeBooks& codes, const QuantizedTensor& tensor, const BlockPlace& place,
                            BlockExplanation& out) {
  describe(codes, tensor, place, out);
  return "level {u}";
}

}  // namespace

std::string describeGroup(const QuantizedTensor& tensor, const BlockPlace& place, BlockExplanation& out) {
  if (const auto* codes = tensor.as<Uniform>()) return describeUniform(*codes, tensor, place, out);
  if (const auto* codes = tensor.as<CodeBook>()) return describeCodeBook(*codes, tensor, place, out);
  return describeLearned(std::get<LearnedCodeBooks>(tensor.layout), tensor, place, out);
}

}  // namespace core::quant
