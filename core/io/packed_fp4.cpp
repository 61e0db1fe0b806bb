#include "core/io/packed_fp4.h"

#include <fmt/format.h>

#include "core/io/packed_checks.h"

namespace core::io {

namespace {

using tensor::DType;
using tensor::Shape;

constexpr std::uint64_t kNvGroup = 16, kMxGroup = 32;

/// The same shape with another last axis.
Shape withLast(const Shape& shape, std::uint64_t last) {
  auto extents = shape.extents();
  extents.back() = last;
  return Shape(std::move(extents));
}

void addGlobal(const PackedTensor& tensor, Fp4Weight& weight) {
  weight.global = tensor.beside(".weight_global_scale");
  weight.dividesByGlobal = weight.global != nullptr;
  if (weight.global == nullptr) weight.global = tensor.beside(".weight_scale_2");
  if (weight.global == nullptr)
    refuse("its scale of the whole tensor (.weight_global_scale, .weight_scale_2) is missing");
  expectFloats(*weight.global, "global scales");
  const std::uint64_t count = weight.global->storedShape.checkedCount().value_or(0);
  const std::uint64_t experts = weight.shape.rank() > 2 ? weight.shape[0] : 1;
  if (count != 1 && count != experts) refuse(fmt::format("it has {} global scales where 1 was expected", count));
}

}  // namespace

Fp4Weight fp4Weight(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  const Shape& stored = codes.storedShape;
  if (codes.dtype != DType::U8 || stored.rank() < 2 || stored.checkedCount().value_or(0) == 0)
    refuse(fmt::format("its codes have the type {} and the shape {} where bytes of a matrix were expected",
                       codes.typeName, stored.toString()));
  expectPlainInputs(tensor);
  Fp4Weight weight;
  weight.scales = &needed(tensor, ".weight_scale", "scales");
  weight.isNv = weight.scales->dtype == DType::F8E4M3;
  if (!weight.isNv && !isE8M0(*weight.scales))
    refuse(fmt::format("its scales are of type {} where FP8 E4M3 or powers of two were expected",
                       weight.scales->typeName));
  weight.groupSize = weight.isNv ? kNvGroup : kMxGroup;
  const std::uint64_t columns = product(stored.extents().back(), 2);
  if (columns % weight.groupSize != 0)
    refuse(fmt::format("its {} inputs are no whole groups of {}", columns, weight.groupSize));
  weight.shape = withLast(stored, columns);
  expectShape(*weight.scales, withLast(stored, columns / weight.groupSize), "scales");
  if (weight.isNv) addGlobal(tensor, weight);
  return weight;
}

Fp4Weight mxfp4BlocksWeight(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  const Shape& stored = codes.storedShape;
  if (codes.dtype != DType::U8 || stored.rank() < 3 || stored.checkedCount().value_or(0) == 0 ||
      stored.extents().back() != kMxGroup / 2)
    refuse(fmt::format("its blocks have the type {} and the shape {} where […, 16] of u8 was expected", codes.typeName,
                       stored.toString()));
  Fp4Weight weight;
  weight.scales = &needed(tensor, "_scales", "scales");
  if (!isE8M0(*weight.scales))
    refuse(fmt::format("its scales are of type {} where powers of two were expected", weight.scales->typeName));
  auto extents = stored.extents();
  extents.pop_back();
  expectShape(*weight.scales, Shape(extents), "scales");
  extents.back() = product(extents.back(), kMxGroup);
  weight.shape = Shape(std::move(extents));
  return weight;
}

std::optional<PackedLayout> packedFp4(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  const TensorInfo* const scale = tensor.beside(".weight_scale");
  if (scale == nullptr || codes.dtype != DType::U8 || codes.storedShape.rank() < 2) return std::nullopt;
  const bool isNv = isFp8(*scale);
  if (!isNv && !isE8M0(*scale)) return std::nullopt;
  PackedLayout listed{isNv ? "NVFP4, packed" : "MXFP4, packed",
                      checkedShape(codes, 4, widened(codes.storedShape, codes.storedShape.rank() - 1, 2))};
  return assembledOr(std::move(listed), [&](PackedLayout& layout) {
    const Fp4Weight weight = fp4Weight(tensor);
    layout = {isNv ? "NVFP4" : "MXFP4", weight.shape, Assembly::PackedFp4};
  });
}

std::optional<PackedLayout> mxfp4Blocks(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  if (codes.dtype != DType::U8 || codes.storedShape.rank() < 2) return std::nullopt;
  // […, blocks of a row, bytes of a block] → […, values of a row]
  auto extents = codes.storedShape.extents();
  const std::uint64_t blockBytes = extents.back();
  extents.pop_back();
  const Shape rows(std::move(extents));
  const bool fits = blockBytes != 0 && blockBytes <= UINT64_MAX / 2;
  PackedLayout listed{"MXFP4, packed",
                      checkedShape(codes, 4, fits ? widened(rows, rows.rank() - 1, 2 * blockBytes) : Shape{0})};
  return assembledOr(std::move(listed), [&](PackedLayout& layout) {
    const Fp4Weight weight = mxfp4BlocksWeight(tensor);
    layout = {"MXFP4", weight.shape, Assembly::Mxfp4Blocks};
  });
}

}  // namespace core::io
