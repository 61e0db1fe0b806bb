#include "core/quant/pack/folder_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/quant/pack/compressed_tensors.h"
#include "core/quant/pack/integer_codes.h"

namespace core::quant {

namespace {

struct LayoutName {
  FolderLayout layout;
  std::string_view text, display;
};
constexpr std::array kNames = {LayoutName{FolderLayout::Plain, "plain", "plain elements"},
                               LayoutName{FolderLayout::Bitsandbytes, "bitsandbytes", "bitsandbytes"},
                               LayoutName{FolderLayout::Gptq, "gptq", "GPTQ"},
                               LayoutName{FolderLayout::GptqV2, "gptq_v2", "GPTQ v2"},
                               LayoutName{FolderLayout::Awq, "awq", "AWQ"},
                               LayoutName{FolderLayout::CompressedTensors, "compressed-tensors", "compressed-tensors"}};
constexpr std::array kLayouts = {FolderLayout::Plain,  FolderLayout::Bitsandbytes, FolderLayout::Gptq,
                                 FolderLayout::GptqV2, FolderLayout::Awq,          FolderLayout::CompressedTensors};

const LayoutName& row(FolderLayout layout) {
  return *std::ranges::find(kNames, layout, &LayoutName::layout);  // every layout has one
}

bool keepsInputs(const Scheme& scheme) { return scheme.activations.name == ActivationName::None; }

std::string whyNotPlain(const Scheme& scheme) {
  if (family(scheme.format.name) == Family::Cast) return {};
  return fmt::format("A folder of plain elements holds fp32, fp16 and bf16, not {}.", scheme.toString());
}

std::string whyNotBitsandbytes(const Scheme& scheme) {
  const FormatName name = scheme.format.name;
  if (name == FormatName::LlmInt8) return {};
  if (name != FormatName::Nf4 && name != FormatName::Fp4)
    return fmt::format("bitsandbytes stores weights as nf4, fp4 or llm_int8, not as {}.", scheme.toString());
  return keepsInputs(scheme) ? ""
                             : fmt::format(
                                   "bitsandbytes multiplies 4-bit weights with inputs as they are, which {} "
                                   "does not.",
                                   scheme.toString());
}

/// What GPTQ and AWQ ask of their integers alike. @param who for the sentence
std::string whyNotIntegers(std::string_view who, const Scheme& scheme) {
  const Format& format = scheme.format;
  if (family(format.name) != Family::Integer)
    return fmt::format("{} stores integers under scales, not {}.", who, scheme.toString());
  if (!keepsInputs(scheme))
    return fmt::format("{} multiplies with inputs as they are, which {} does not.", who, scheme.toString());
  if (format.zeroPoint == ZeroPoint::Float)
    return fmt::format("{} stores whole zero-points, and those of {} are not.", who, scheme.toString());
  if (format.grouping.granularity == Granularity::Tensor)
    return fmt::format("{} has a scale per row or group, not one for all of a tensor; choose group=128.", who);
  if (format.scaleType != ScaleType::Fp16)
    return fmt::format("{} stores FP16 scales, and those of {} are not; choose scales=fp16.", who, scheme.toString());
  return {};
}

std::string whyNotGptq(const Scheme& scheme) {
  if (const std::string why = whyNotIntegers("GPTQ", scheme); !why.empty()) return why;
  constexpr std::array<std::uint32_t, 4> kBits = {2, 3, 4, 8};
  const std::uint32_t bits = codeBits(scheme.format.name);
  if (std::ranges::find(kBits, bits) == kBits.end())
    return fmt::format("GPTQ packs integers of 2, 3, 4 or 8 bits, not of {}.", bits);
  return {};
}

std::string whyNotAwq(const Scheme& scheme) {
  if (const std::string why = whyNotIntegers("AWQ", scheme); !why.empty()) return why;
  if (const std::uint32_t bits = codeBits(scheme.format.name); bits != 4)
    return fmt::format("AWQ packs integers of 4 bits, not of {}.", bits);
  if (isReordered(scheme))
    return "AWQ has no place for columns in an order of their own (static_groups=on keeps them in place).";
  return {};
}

/// Measures that are no whole words or groups. @param words rows and columns must be multiples of
std::string whyNotMeasures(FolderLayout layout, const Scheme& scheme, const tensor::Shape& shape, std::uint64_t rows,
                           std::uint64_t columns) {
  const auto refuse = [&](const char* what, std::uint64_t size, std::uint64_t multiple) {
    return fmt::format("{} packs {} of a multiple of {}, and this matrix has {}.", displayName(layout), what, multiple,
                       size);
  };
  if (shape[0] % rows != 0) return refuse("rows", shape[0], rows);
  if (shape[1] % columns != 0) return refuse("columns", shape[1], columns);
  const Grouping& grouping = scheme.format.grouping;
  if (grouping.granularity == Granularity::Group && shape[1] % grouping.size != 0)
    return refuse("columns", shape[1], grouping.size);
  return {};
}

}  // namespace

std::span<const FolderLayout> allFolderLayouts() { return kLayouts; }
std::string_view toString(FolderLayout layout) { return row(layout).text; }
std::string_view displayName(FolderLayout layout) { return row(layout).display; }

std::optional<FolderLayout> folderLayoutOf(std::string_view text) {
  const auto found = std::ranges::find(kNames, text, &LayoutName::text);
  return found == kNames.end() ? std::nullopt : std::optional(found->layout);
}

std::string whyNotLayout(FolderLayout layout, const Scheme& scheme) {
  switch (layout) {
    case FolderLayout::Plain:
      return whyNotPlain(scheme);
    case FolderLayout::Bitsandbytes:
      return whyNotBitsandbytes(scheme);
    case FolderLayout::Gptq:
    case FolderLayout::GptqV2:
      return whyNotGptq(scheme);
    case FolderLayout::Awq:
      return whyNotAwq(scheme);
    case FolderLayout::CompressedTensors:
      return whyNotCompressedTensors(scheme);
  }
  return {};
}

std::string whyNotLayout(FolderLayout layout, const Scheme& scheme, const tensor::Shape& shape) {
  if (std::string why = whyNotLayout(layout, scheme); !why.empty() || layout == FolderLayout::Plain) return why;
  if (shape.rank() != 2)
    return fmt::format("{} holds matrices, and this tensor has the shape {}.", displayName(layout), shape.toString());
  constexpr std::uint64_t kWord = 32;
  const std::uint64_t bits = codeBits(scheme.format.name);
  switch (layout) {
    case FolderLayout::Gptq:
    case FolderLayout::GptqV2:  // three bits: 32 codes in three words
      return whyNotMeasures(layout, scheme, shape, kWord % bits == 0 ? kWord / bits : kWord,
                            kWord % bits == 0 ? kWord / bits : kWord);
    case FolderLayout::Awq:
      return whyNotMeasures(layout, scheme, shape, kWord / bits, 1);
    case FolderLayout::CompressedTensors:
      return whyNotMeasures(layout, scheme, shape, 1,
                            family(scheme.format.name) == Family::Microscaling ? scheme.format.grouping.size : 1);
    default:
      return {};
  }
}

}  // namespace core::quant
