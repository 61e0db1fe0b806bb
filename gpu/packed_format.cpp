#include "gpu/packed_format.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "core/numeric/code_books.h"
#include "core/numeric/half.h"
#include "gpu/block_format.h"

namespace gpu {

namespace {

using core::quant::CodeBook;
using core::quant::Elements;
using core::quant::Granularity;
using core::quant::LearnedCodeBooks;
using core::quant::QuantizedTensor;
using core::quant::Uniform;
using core::tensor::DType;

void setPlanes(PackedFormat& format, std::uint32_t bits) {
  format.quads = bits == 8 ? 2 : bits >= 4 ? 1 : 0;
  format.highs = bits < 4 ? bits : bits == 6 ? 2 : bits == 5 ? 1 : 0;
}

void choosePlain(DType dtype, PackedFormat& format) {
  format.unitsPerGroup = format.units;
  switch (dtype) {
    case DType::F16:
      format.kernel = "f16";
      format.quads = 4;
      break;
    case DType::BF16:
      format.kernel = "bf16";
      format.quads = 4;
      break;
    case DType::F8E4M3:
      format.kernel = "f8_e4m3";
      format.quads = 2;
      break;
    case DType::F8E5M2:
      format.kernel = "f8_e5m2";
      format.quads = 2;
      break;
    case DType::F32:
      format.kernel = "f32";
      format.quads = 8;
      break;
    default:
      format.isDecoded = true;
  }
}

bool areHalves(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float value) {
    const float rounded = core::numeric::halfToFloat(core::numeric::floatToHalf(value));
    return std::bit_cast<std::uint32_t>(rounded) == std::bit_cast<std::uint32_t>(value);
  });
}

bool areShorts(const std::vector<float>& zeroPoints) {
  return std::all_of(zeroPoints.begin(), zeroPoints.end(),
                     [](float zero) { return zero == static_cast<float>(static_cast<std::int16_t>(zero)); });
}

void choose(const Uniform& codes, PackedFormat& format) {
  format.kernel = "int" + std::to_string(codes.bits);
  setPlanes(format, codes.bits);
  const std::uint32_t group = codes.grouping.size;
  if (codes.grouping.granularity != Granularity::Group) {
    format.unitsPerGroup = format.units;
  } else if (group % kUnitValues == 0) {
    format.groups = static_cast<std::uint32_t>((format.rowValues + group - 1) / group);
    format.unitsPerGroup = group / kUnitValues;
  } else if (group == 16 || group == 8) {
    format.groupsPerUnit = kUnitValues / group;
    format.groups = format.units * format.groupsPerUnit;
  } else {
    format.isDecoded = true;  // scales that change in the middle of eight values
    return;
  }
  if (codes.bits == 7 || !areShorts(codes.zeroPoints)) {
    format.isDecoded = true;
    return;
  }
  const bool half = codes.scaleType == core::quant::ScaleType::Fp16 && areHalves(codes.scales);
  const bool affine = !codes.zeroPoints.empty();
  const std::uint32_t mode =
      half ? (affine ? kHalfScalesAndZeros : kHalfScales) : (affine ? kFullScalesAndZeros : kFullScales);
  format.paramWords = integerParamWords(mode, format.groups);
  format.constants = IntegerConstants{
      .scaleMode = mode, .symmetricZero = codes.qmin, .groupsPerUnit = static_cast<int>(format.groupsPerUnit)};
}

void choose(const CodeBook& codes, PackedFormat& format) {
  format.kernel = "codebook";
  setPlanes(format, 4);
  const auto append = [&](std::span<const float> values) {
    for (const float value : values) format.table.push_back(std::bit_cast<std::uint32_t>(value));
  };
  append(codes.levels);
  format.tableWords = kCodeBookValues;
  const std::uint32_t block = codes.grouping.size;
  if (codes.packing != core::quant::Packing::NibblesHighFirst || block % kUnitValues != 0 ||
      format.rowValues % kUnitValues != 0 || codes.levels.size() != kCodeBookValues) {
    format.isDecoded = true;  // blocks that begin or end inside a unit
    return;
  }
  bool nested = false;
  if (format.rowValues % block == 0) {
    format.groups = static_cast<std::uint32_t>(format.rowValues / block);
    format.unitsPerGroup = block / kUnitValues;
    nested = codes.nested.has_value();
  } else {
    format.groups = format.units;  // blocks run across rows: each unit gets a copy of its block's absmax
    format.unitsPerGroup = 1;
  }
  format.paramWords = codeBookParamWords(nested, format.groups);
  format.constants = CodeBookConstants{.nested = nested ? 1U : 0U};
  if (!nested) return;
  const auto map = core::numeric::dynamicMapSigned();
  assert(format.table.size() == kNestedMap && map.size() == kNestedMapValues);
  append(map);
  append({&codes.nested->offset, 1});
  append(codes.nested->absmax);
}

void choose(const LearnedCodeBooks&, PackedFormat& format) { format.isDecoded = true; }

void choose(const Elements& elements, PackedFormat& format) {
  if (core::tensor::info(elements.dtype).blockValues == 1)
    choosePlain(elements.dtype, format);
  else
    format.isDecoded = !chooseBlockFormat(elements.dtype, format);
}

}  // namespace

vk::Specialization withLayout(vk::Specialization kernel, const PackedFormat& format) {
  vk::Specialization layout;
  if (const auto* integer = std::get_if<IntegerConstants>(&format.constants)) layout = integer->values();
  if (const auto* codeBook = std::get_if<CodeBookConstants>(&format.constants)) layout = codeBook->values();
  kernel.insert(kernel.end(), layout.begin(), layout.end());
  return kernel;
}

PackedFormat packedFormatOf(const QuantizedTensor& tensor) {
  PackedFormat format;
  format.rows = tensor.rows();
  format.rowValues = tensor.rowValues();
  format.units = static_cast<std::uint32_t>((format.rowValues + kUnitValues - 1) / kUnitValues);
  const PackedFormat empty = format;
  if (tensor.changes != nullptr)
    format.isDecoded = true;
  else
    std::visit([&](const auto& codes) { choose(codes, format); }, tensor.layout);
  if (format.isDecoded) {
    format = empty;
    format.isDecoded = true;
    format.kernel = "f32";
    format.quads = 8;
    format.unitsPerGroup = format.units;
  }
  return format;
}

}  // namespace gpu
