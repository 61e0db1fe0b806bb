#include "core/io/packed_compressed.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/io/packed_checks.h"
#include "core/io/packed_fp4.h"
#include "core/io/packed_layouts.h"

namespace core::io {

namespace {

using tensor::DType;
using tensor::Shape;

/// What the config says of the tiles of a weight's scales.
TileSize tileSizeOf(const PackedTensor& tensor) {
  const QuantizationConfig& config = tensor.config();
  TileSize size;
  const std::string weights = config.groupOf(tensor.base()) + "weights.";
  size.columns = config.integer(weights + "group_size");
  for (const std::string& key : {std::string("weight_block_size"), weights + "block_structure"}) {
    const std::vector<std::int64_t> block = config.integers(key);
    if (block.size() == 2) size = {block[0], block[1]};
  }
  return size;
}

/// Words that `count` codes of a stream take.
std::uint64_t wordsOf(std::uint64_t count, std::uint64_t bits, bool isStream) {
  return isStream ? ceilDivide(product(count, bits), kWordBits) : ceilDivide(count, kWordBits / bits);
}

bool fills(std::uint64_t columns, std::uint64_t bits, std::uint64_t words) {
  return wordsOf(columns, bits, true) == words || wordsOf(columns, bits, false) == words;
}

/// Bits of a code: those that the config says, else of the usual widths the one that fills the words.
std::uint64_t bitsOf(const PackedTensor& tensor, std::uint64_t columns, std::uint64_t words) {
  const auto stated = tensor.config().number(tensor.config().groupOf(tensor.base()) + "weights.num_bits");
  const bool isUsable = stated && *stated >= 1 && *stated <= 8;
  if (isUsable && fills(columns, *stated, words)) return *stated;
  for (const std::uint64_t bits : {std::uint64_t{4}, std::uint64_t{8}, std::uint64_t{2}})
    if (fills(columns, bits, words)) return bits;
  refuse(fmt::format("its rows of {} words hold no {} codes", words, columns));
}

std::string sharingName(std::string_view element, const ScaleGrid& grid) {
  if (!grid.partEnds.empty()) return fmt::format("{} · part", element);
  if (grid.tileColumns < grid.columns || (grid.tileRows > 1 && grid.tileRows < grid.rows))
    return grid.tileRows == 1 ? fmt::format("{} · {}", element, grid.tileColumns)
                              : fmt::format("{} · {} × {}", element, grid.tileRows, grid.tileColumns);
  return fmt::format("{} · {}", element, grid.tileRows == 1 ? "row" : grid.experts > 1 ? "expert" : "tensor");
}

void addZeros(const PackedTensor& tensor, PackedIntegerWeight& weight) {
  weight.zeros = tensor.beside(".weight_zero_point");
  if (weight.zeros == nullptr) {
    const QuantizationConfig& config = tensor.config();
    if (!config.flag(config.groupOf(tensor.base()) + "weights.symmetric").value_or(true))
      refuse("its zero-points (.weight_zero_point) are missing");
    return;
  }
  if (weight.zeros->dtype == DType::I8) return expectShape(*weight.zeros, weight.scales->storedShape, "zero-points");
  expectWords(*weight.zeros, "zero-points");
  if (weight.grid.gridRows != weight.rows) refuse("its zero-points are packed although its rows share scales");
  expectShape(*weight.zeros, Shape{wordsOf(weight.rows, weight.bits, weight.isStream), weight.grid.gridColumns},
              "zero-points");
}

PackedLayout listedIntegers(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  const auto logical = tensor.integers(".weight_shape");
  const std::uint64_t words = extent(&codes, 1);
  auto bits = validBits(tensor.config().number(tensor.config().groupOf(tensor.base()) + "weights.num_bits"));
  if (logical.size() != 2)
    return packed("", bits, checkedShape(codes, bits, {extent(&codes, 0), unpackedExtent(words, bits)}));
  if (logical[1] != 0 && words <= UINT64_MAX / kWordBits) bits = validBits(words * kWordBits / logical[1]);
  return packed("", bits, checkedShape(codes, bits, Shape(logical)));
}

std::optional<PackedLayout> listedElements(const TensorInfo& codes) {
  switch (codes.dtype) {
    case DType::F8E4M3:
      return PackedLayout{"FP8 E4M3, scaled", codes.storedShape};
    case DType::F8E5M2:
      return PackedLayout{"FP8 E5M2, scaled", codes.storedShape};
    case DType::I8:
      return PackedLayout{"INT8, scaled", codes.storedShape};
    case DType::Unknown:
      return PackedLayout{codes.typeName + ", scaled", codes.storedShape};
    default:
      return std::nullopt;
  }
}

std::optional<PackedLayout> elements(const PackedTensor& tensor) {
  auto listed = listedElements(tensor.codes());
  if (!listed || tensor.codes().dtype == DType::Unknown) return listed;
  return assembledOr(std::move(*listed), [&](PackedLayout& layout) {
    const ScaledWeight weight = scaledElementsWeight(tensor);
    const DType type = tensor.codes().dtype;
    layout.typeName = sharingName(type == DType::I8       ? "INT8"
                                  : type == DType::F8E4M3 ? "FP8 E4M3"
                                                          : "FP8 E5M2",
                                  weight.grid);
    layout.assembly = Assembly::ScaledElements;
  });
}

}  // namespace

PackedIntegerWeight packedIntegerWeight(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  expectWords(codes, "codes");
  const auto logical = tensor.integers(".weight_shape");
  if (logical.size() != 2) refuse("its weight_shape, which says how many weights there are, is missing");
  PackedIntegerWeight weight;
  weight.rows = logical[0];
  weight.columns = logical[1];
  weight.words = extent(&codes, 1);
  if (weight.rows == 0 || weight.columns == 0 || weight.columns > UINT32_MAX)
    refuse(fmt::format("its weight_shape is {}", Shape(logical).toString()));
  expectShape(codes, Shape{weight.rows, weight.words}, "codes");
  weight.bits = static_cast<std::uint32_t>(bitsOf(tensor, weight.columns, weight.words));
  weight.isStream = wordsOf(weight.columns, weight.bits, true) == weight.words;
  weight.scales = &needed(tensor, ".weight_scale", "scales");
  expectFloats(*weight.scales, "scales");
  weight.grid = scaleGrid(tensor, Shape(logical), *weight.scales, tileSizeOf(tensor));
  addZeros(tensor, weight);
  if (const TensorInfo* const index = tensor.beside(".weight_g_idx"))
    weight.order = columnOrder(tensor, *index, weight.columns, weight.grid.tileColumns, weight.grid.gridColumns);
  return weight;
}

ScaledWeight scaledElementsWeight(const PackedTensor& tensor) {
  expectPlainInputs(tensor);
  ScaledWeight weight;
  weight.scales = tensor.besideAny(
      {".weight_scale", ".weight_scale_inv", ".weight_scales", ".scale_weight", ".scale", "_scale", "_scale_inv"});
  if (weight.scales == nullptr) refuse("its scales are missing");
  if (!isE8M0(*weight.scales)) expectFloats(*weight.scales, "scales");
  weight.grid = scaleGrid(tensor, tensor.codes().storedShape, *weight.scales, tileSizeOf(tensor));
  if (tensor.codes().dtype != DType::I8) return weight;
  weight.zeros = tensor.beside(".weight_zero_point");
  if (weight.zeros == nullptr) return weight;
  if (weight.zeros->dtype != DType::I8)
    refuse(fmt::format("its zero-points are of type {} where i8 was expected", weight.zeros->typeName));
  expectShape(*weight.zeros, weight.scales->storedShape, "zero-points");
  return weight;
}

std::optional<PackedLayout> compressedTensors(const PackedTensor& tensor) {
  if (auto fp4 = packedFp4(tensor)) return fp4;
  return assembledOr(listedIntegers(tensor), [&](PackedLayout& layout) {
    const PackedIntegerWeight weight = packedIntegerWeight(tensor);
    layout = {sharingName(fmt::format("INT{}", weight.bits), weight.grid), Shape{weight.rows, weight.columns},
              Assembly::PackedIntegers};
  });
}

std::optional<PackedLayout> scaledWeight(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  if (auto scaled = elements(tensor)) return scaled;
  const TensorInfo* const scale = tensor.beside(".weight_scale");
  if (codes.dtype != DType::U8 || codes.storedShape.rank() < 2 || scale == nullptr) return std::nullopt;
  if (auto fp4 = packedFp4(tensor)) return fp4;
  if (scale->storedShape.checkedCount() == 1U)  // BitNet: four ternary values to a byte, along the outputs
    return PackedLayout{"ternary, packed", checkedShape(codes, 2, widened(codes.storedShape, 0, 4))};
  return packed("", 4, checkedShape(codes, 4, widened(codes.storedShape, 0, 2)));  // ModelOpt: two outputs to a byte
}

std::optional<PackedLayout> scaledExperts(const PackedTensor& tensor) {
  return isFp8(tensor.codes()) ? elements(tensor) : std::nullopt;
}

}  // namespace core::io
