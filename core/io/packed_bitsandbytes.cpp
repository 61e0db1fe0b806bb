#include "core/io/packed_bitsandbytes.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/config_json.h"
#include "core/io/packed_checks.h"
#include "core/io/packed_layouts.h"

namespace core::io {

namespace {

using tensor::DType;
using tensor::Shape;

constexpr std::size_t kMostStateBytes = 65536;
constexpr std::uint64_t kLargestBlock = 1U << 20;
constexpr std::uint64_t kMostValues = UINT64_MAX / 16;

/// A piece of so many elements of a type, in whatever shape.
const TensorInfo* piece(const PackedTensor& tensor, std::string_view ending, DType dtype, std::uint64_t count) {
  const TensorInfo& found = needed(tensor, ending, "values");
  if (found.dtype != dtype || found.storedShape.checkedCount() != count)
    refuse(fmt::format("its {} has the type {} and the shape {} where {} of type {} were expected", ending,
                       found.typeName, found.storedShape.toString(), count, tensor::name(dtype)));
  return &found;
}

bool isNf4(const PackedTensor& tensor) { return tensor.beside(".quant_state.bitsandbytes__nf4") != nullptr; }
bool isFp4(const PackedTensor& tensor) { return tensor.beside(".quant_state.bitsandbytes__fp4") != nullptr; }

Bitsandbytes4State stateOf(const PackedTensor& tensor) {
  try {
    return parseBitsandbytes4State(
        tensor.bytes(isNf4(tensor) ? ".quant_state.bitsandbytes__nf4" : ".quant_state.bitsandbytes__fp4"));
  } catch (const Error&) {
    refuse("its quant_state is no JSON object");
  }
}

}  // namespace

Bitsandbytes4State parseBitsandbytes4State(std::span<const std::byte> json) {
  Metadata fields;
  EncodedArrays arrays;
  readConfigJson(json.first(std::min(json.size(), kMostStateBytes)), fields, arrays, "quant_state");
  Bitsandbytes4State state;
  if (const auto* const shape = fields.array("config.shape")) {
    std::vector<std::uint64_t> extents;
    for (const std::int64_t value : shape->integers())
      extents.push_back(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
    state.shape = Shape(std::move(extents));
  }
  const auto whole = [&fields](const char* key) -> std::optional<std::uint64_t> {
    const MetadataValue* const value = fields.find(key);
    const auto* const number = value == nullptr ? nullptr : std::get_if<std::uint64_t>(value);
    return number == nullptr ? std::nullopt : std::optional(*number);
  };
  state.blockSize = whole("config.blocksize").value_or(0);
  state.nestedBlockSize = whole("config.nested_blocksize");
  if (const MetadataValue* const offset = fields.find("config.nested_offset")) {
    if (const auto* const number = std::get_if<double>(offset)) state.nestedOffset = *number;
    if (const auto* const number = std::get_if<std::uint64_t>(offset))
      state.nestedOffset = static_cast<double>(*number);
    if (const auto* const number = std::get_if<std::int64_t>(offset)) state.nestedOffset = static_cast<double>(*number);
  }
  return state;
}

Bitsandbytes4Weight bitsandbytes4Weight(const PackedTensor& tensor) {
  Bitsandbytes4Weight weight;
  weight.isNf4 = isNf4(tensor);
  if (!weight.isNf4 && !isFp4(tensor)) refuse("its quant_state, which says their type and shape, is missing");
  weight.state = stateOf(tensor);
  const auto& [shape, blockSize, nestedBlockSize, offset] = weight.state;
  const std::uint64_t count = shape.checkedCount().value_or(0);
  if (shape.rank() == 0 || count == 0 || count > kMostValues)
    refuse(fmt::format("its quant_state says the shape {}", shape.toString()));
  if (blockSize < 2 || blockSize % 2 != 0 || blockSize > kLargestBlock)
    refuse(fmt::format("its quant_state says blocks of {} weights", blockSize));
  if (tensor.codes().bytes != (count + 1) / 2)
    refuse(fmt::format("{} bytes of codes were expected for the shape {}, found {}", (count + 1) / 2, shape.toString(),
                       tensor.codes().bytes));
  weight.map = piece(tensor, ".quant_map", DType::F32, 16);
  const std::uint64_t blocks = ceilDivide(count, blockSize);
  weight.absmax = piece(tensor, ".absmax", nestedBlockSize ? DType::U8 : DType::F32, blocks);
  if (!nestedBlockSize) return weight;
  if (*nestedBlockSize == 0 || *nestedBlockSize > kLargestBlock)
    refuse(fmt::format("its quant_state says nested blocks of {} maxima", *nestedBlockSize));
  weight.nestedAbsmax = piece(tensor, ".nested_absmax", DType::F32, ceilDivide(blocks, *nestedBlockSize));
  weight.nestedMap = piece(tensor, ".nested_quant_map", DType::F32, 256);
  return weight;
}

std::optional<PackedLayout> bitsandbytes4(const PackedTensor& tensor) {
  const bool fp4 = isFp4(tensor), nf4 = isNf4(tensor);
  if (!fp4 && !nf4 && tensor.codes().dtype != DType::U8) return std::nullopt;
  const std::string name = nf4 ? "NF4" : fp4 ? "FP4" : "4-bit";
  PackedLayout listed{name + ", packed", Shape{codeCount(tensor.codes(), 4)}};
  try {
    const auto state = stateOf(tensor);
    if (state.shape.rank() != 0) listed.shape = checkedShape(tensor.codes(), 4, state.shape);
  } catch (const Error&) {
    // An unreadable state leaves the number of codes.
  }
  return assembledOr(std::move(listed), [&](PackedLayout& layout) {
    const Bitsandbytes4Weight weight = bitsandbytes4Weight(tensor);
    const char* const nested = weight.state.nestedBlockSize ? " · dq" : "";
    layout = {fmt::format("{} · {}{}", name, weight.state.blockSize, nested), weight.state.shape,
              Assembly::Bitsandbytes4};
  });
}

Bitsandbytes8Weight bitsandbytes8Weight(const PackedTensor& tensor) {
  const Shape& shape = tensor.codes().storedShape;
  if (shape.rank() != 2 || shape.checkedCount().value_or(0) == 0)
    refuse(fmt::format("its shape {} is that of no matrix", shape.toString()));
  const std::span<const std::byte> format = tensor.bytes(".weight_format");
  if (!format.empty() && std::ranges::any_of(format, [](std::byte byte) { return byte != std::byte{0}; }))
    refuse("its rows are stored in the order of a GPU's tensor cores");
  return {piece(tensor, ".SCB", DType::F32, shape[0])};
}

std::optional<PackedLayout> bitsandbytes8(const PackedTensor& tensor) {
  if (tensor.codes().dtype != DType::I8) return std::nullopt;
  return assembledOr({"INT8, scaled", tensor.codes().storedShape}, [&](PackedLayout& layout) {
    static_cast<void>(bitsandbytes8Weight(tensor));
    layout.typeName = "LLM.int8()";
    layout.assembly = Assembly::Bitsandbytes8;
  });
}

}  // namespace core::io
