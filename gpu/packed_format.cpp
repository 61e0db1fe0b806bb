#include "gpu/packed_format.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "core/numeric/code_books.h"
#include "core/numeric/half.h"

namespace gpu {

namespace {

using core::quant::Granularity;
using core::quant::Layout;
using core::quant::QuantizedTensor;
using core::tensor::DType;

void setPlanes(PackedFormat& format, std::uint32_t bits) {
  format.quads = bits == 8 ? 2 : bits >= 4 ? 1 : 0;
  format.highs = bits == 8 || bits == 4 ? 0 : bits == 6 || bits == 2 ? 2 : bits == 3 ? 3 : 1;
}

void choosePlain(const QuantizedTensor& tensor, PackedFormat& format) {
  format.unitsPerGroup = format.units;
  switch (tensor.dtype) {
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

void chooseInteger(const QuantizedTensor& tensor, PackedFormat& format) {
  format.kernel = "int" + std::to_string(tensor.bits);
  setPlanes(format, tensor.bits);
  const std::uint32_t group = tensor.groupSize;
  if (tensor.granularity != Granularity::Group) {
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
  const bool half = tensor.scaleBits == 16 && areHalves(tensor.scales);
  const bool affine = !tensor.zeroPoints.empty();
  const std::uint32_t mode =
      half ? (affine ? kHalfScalesAndZeros : kHalfScales) : (affine ? kFullScalesAndZeros : kFullScales);
  format.paramWords = integerParamWords(mode, format.groups);
  format.constants = IntegerConstants{
      .scaleMode = mode, .symmetricZero = tensor.qmin, .groupsPerUnit = static_cast<int>(format.groupsPerUnit)};
}

void chooseCodeBook(const QuantizedTensor& tensor, PackedFormat& format) {
  format.kernel = "codebook";
  setPlanes(format, 4);
  format.table.assign(tensor.codeBook.begin(), tensor.codeBook.end());
  const std::uint32_t block = tensor.blockSize;
  if (block % kUnitValues != 0 || format.rowValues % kUnitValues != 0 || tensor.codeBook.size() != kCodeBookValues) {
    format.isDecoded = true;  // blocks that begin or end inside a unit
    return;
  }
  bool nested = false;
  if (format.rowValues % block == 0) {
    format.groups = static_cast<std::uint32_t>(format.rowValues / block);
    format.unitsPerGroup = block / kUnitValues;
    nested = !tensor.nestedCodes.empty();
  } else {
    format.groups = format.units;  // blocks run across rows: each unit gets a copy of its block's absmax
    format.unitsPerGroup = 1;
  }
  format.paramWords = codeBookParamWords(nested, format.groups);
  format.constants = CodeBookConstants{.nested = nested ? 1U : 0U};
  if (!nested) return;
  const auto map = core::numeric::dynamicMapSigned();
  assert(format.table.size() == kNestedMap && map.size() == kNestedMapValues);
  format.table.insert(format.table.end(), map.begin(), map.end());
  format.table.push_back(tensor.nestedOffset);
  format.table.insert(format.table.end(), tensor.nestedAbsmax.begin(), tensor.nestedAbsmax.end());
}

void chooseBlock(const QuantizedTensor& tensor, PackedFormat& format) {
  format.groups = format.units;
  const auto choose = [&](const char* kernel, std::uint32_t bits, std::uint32_t words) {
    format.kernel = kernel;
    setPlanes(format, bits);
    format.paramWords = words;
  };
  switch (tensor.dtype) {
    case DType::Q4_0:
      choose("q4_0", 4, halfPairWords(format.groups));
      break;
    case DType::Q4_1:
      choose("q4_1", 4, singleWords(format.groups));
      break;
    case DType::Q5_0:
      choose("q5_0", 5, halfPairWords(format.groups));
      break;
    case DType::Q5_1:
      choose("q5_1", 5, singleWords(format.groups));
      break;
    case DType::Q8_0:
      choose("q8_0", 8, halfPairWords(format.groups));
      break;
    case DType::Q4_K:
      choose("q4_k", 4, q4kParamWords(format.units));
      break;
    case DType::Q5_K:
      choose("q5_k", 5, q4kParamWords(format.units));
      break;
    case DType::Q6_K:
      format.groupsPerUnit = 2;
      format.groups = format.units * 2;
      choose("q6_k", 6, q6kParamWords(format.units));
      break;
    default:
      format.isDecoded = true;
  }
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
  switch (tensor.layout) {
    case Layout::Plain:
      choosePlain(tensor, format);
      break;
    case Layout::Integer:
      chooseInteger(tensor, format);
      break;
    case Layout::CodeBook:
      chooseCodeBook(tensor, format);
      break;
    case Layout::Block:
      chooseBlock(tensor, format);
      break;
  }
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
