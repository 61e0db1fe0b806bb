#include "core/io/packed_hqq.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/io/packed_checks.h"
#include "core/io/packed_layouts.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

using tensor::Shape;

constexpr const char* kParams = "quant_config.weight_quant_params.";

/// A number beside the codes, or of the config.
std::optional<std::uint64_t> stated(const PackedTensor& tensor, const char* name) {
  const auto beside = tensor.integers(std::string(".") + name);
  return beside.size() == 1 ? std::optional(beside[0]) : tensor.config().number(std::string(kParams) + name);
}

/// The text beside the codes that says how they are packed.
std::string packingOf(const PackedTensor& tensor) {
  const std::span<const std::byte> bytes = tensor.bytes(".packing");
  constexpr std::size_t kLongest = 32;
  return {reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kLongest)};
}

std::string packingName(std::uint64_t bits) { return bits == 3 ? "3bit_32" : fmt::format("{}bit_u8", bits); }

std::uint64_t countOf(const TensorInfo& piece) { return piece.storedShape.checkedCount().value_or(0); }

}  // namespace

HqqWeight hqqWeight(const PackedTensor& tensor) {
  HqqWeight weight;
  const auto logical = tensor.integers(".shape");
  if (logical.size() != 2) refuse("the shape of its weights is missing");
  weight.rows = logical[0];
  weight.columns = logical[1];
  const std::uint64_t count = product(weight.rows, weight.columns);
  if (count == 0 || weight.columns > UINT32_MAX) refuse(fmt::format("its shape is {}", Shape(logical).toString()));
  const auto statedBits = stated(tensor, "nbits");
  if (!statedBits) refuse("nothing says how many bits its codes have (.nbits)");
  const std::uint64_t bits = *statedBits;
  if (bits != 8 && bits != 4 && bits != 3 && bits != 2 && bits != 1)
    refuse(fmt::format("codes of {} bits are no codes of HQQ", bits));
  weight.bits = static_cast<std::uint32_t>(bits);
  if (tensor.beside(".scale") == nullptr && tensor.beside(".scale_q") != nullptr)
    refuse("its scales are quantized themselves, which is not supported yet");
  weight.scales = &needed(tensor, ".scale", "scales");
  weight.zeros = &needed(tensor, ".zero", "zero-points");
  expectFloats(*weight.scales, "scales");
  expectFloats(*weight.zeros, "zero-points");
  weight.groups = countOf(*weight.scales);
  const bool areColumns = weight.groups > 1 && extent(weight.scales, 0) == 1;
  if (stated(tensor, "axis").value_or(areColumns ? 0 : 1) != 1 || areColumns)
    refuse("its groups run down the columns (axis=0), which no layout of this program holds");
  if (weight.groups == 0 || count % weight.groups != 0)
    refuse(fmt::format("its {} weights do not divide into {} groups", count, weight.groups));
  if (countOf(*weight.zeros) != weight.groups)
    refuse(fmt::format("it has {} zero-points where {} were expected", countOf(*weight.zeros), weight.groups));
  weight.groupSize = count / weight.groups;
  if (weight.groupSize > UINT32_MAX) refuse("its groups have more weights than any layer");
  if (const auto size = stated(tensor, "group_size"); size && *size != weight.groupSize)
    refuse(fmt::format("it says groups of {} weights, and has scales for groups of {}", *size, weight.groupSize));
  if (const std::string packing = packingOf(tensor); !packing.empty() && packing != packingName(bits))
    refuse(fmt::format("it says the packing {} of codes of {} bits", inQuotes(packing), bits));
  weight.parts = bits == 3 ? 10 : 8 / bits;
  // Fewer groups than fit into a byte, or not a multiple of it, leave a part short only where codes are padded.
  if (bits != 3 && weight.groups % weight.parts != 0)
    refuse(fmt::format("its {} groups are no multiple of {}", weight.groups, weight.parts));
  weight.partRows = ceilDivide(weight.groups, weight.parts);
  const std::uint64_t expected = product(product(weight.partRows, weight.groupSize), bits == 3 ? 4 : 1);
  if (tensor.codes().bytes != expected)
    refuse(fmt::format("{} bytes of codes were expected, found {}", expected, tensor.codes().bytes));
  return weight;
}

std::optional<PackedLayout> hqq(const PackedTensor& tensor) {
  const std::uint64_t bits = validBits(stated(tensor, "nbits"));
  const auto logical = tensor.integers(".shape");
  const Shape wanted = logical.empty() ? Shape{codeCount(tensor.codes(), bits)} : Shape(logical);
  return assembledOr(packed("HQQ ", bits, checkedShape(tensor.codes(), bits, wanted)), [&](PackedLayout& layout) {
    const HqqWeight weight = hqqWeight(tensor);
    layout = {integerName("HQQ", weight.bits, weight.groupSize, weight.rows * weight.columns),
              Shape{weight.rows, weight.columns}, Assembly::Hqq};
  });
}

}  // namespace core::io
