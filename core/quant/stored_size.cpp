#include "core/quant/stored_size.h"

#include <fmt/format.h>

#include "core/quant/bit_stream.h"
#include "core/quant/code_book.h"
#include "core/tensor/dtype.h"

namespace core::quant {

namespace {

std::uint64_t ceilDivide(std::uint64_t a, std::uint64_t b) { return a / b + (a % b == 0 ? 0 : 1); }

std::uint64_t sideDataBytes(const Format& format, std::uint64_t scales) {
  const std::uint32_t bits = codeBits(format.name);
  if (family(format.name) == Family::KMeans) return scaleBytes(format.scaleType, scales << bits);
  if (format.doubleQuantization == DoubleQuantization::On && scales != 0)
    return scales + (ceilDivide(scales, kNestedBlock) + 1) * sizeof(float);
  const std::uint64_t zeroPoints = ceilDivide(scales * zeroPointBits(format), 8);
  return scaleBytes(format.scaleType, scales) + zeroPoints;
}

}  // namespace

std::uint32_t zeroPointBits(const Format& format) {
  if (format.zeroPoint == ZeroPoint::Off) return 0;
  if (format.zeroPoint == ZeroPoint::On) return codeBits(format.name);
  return format.scaleType == ScaleType::Fp32 ? 32 : 16;
}

StoredSize storedSize(const Format& format, const tensor::Shape& shape) {
  StoredSize size;
  if (const auto dtype = storedDType(format)) {
    size.payloadBytes = tensor::storageBytes(*dtype, shape).value_or(0);
    return size;
  }
  const std::uint32_t bits = codeBits(format.name);
  size.scales = groupCount(format.grouping, shape);
  size.payloadBytes = format.grouping.granularity == Granularity::Block
                          ? codeRowBytes(bits, shape.count())
                          : shape.rows() * codeRowBytes(bits, shape.rowValues());
  size.sideDataBytes = sideDataBytes(format, size.scales);
  return size;
}

bool isStoredInActOrder(const Scheme& scheme) {
  const Method& method = scheme.method;
  return method.name == MethodName::Gptq && method.actOrder == ActOrder::On &&
         method.staticGroups == StaticGroups::Off && scheme.format.scaleType != ScaleType::UInt8 &&
         scheme.format.grouping.granularity == Granularity::Group;
}

StoredSize storedSize(const Scheme& scheme, const tensor::Shape& shape) {
  StoredSize size = storedSize(scheme.format, shape);
  const bool hasFactors = scheme.method.name == MethodName::Awq || scheme.method.name == MethodName::SmoothQuant;
  if ((hasFactors || isStoredInActOrder(scheme)) && !shape.isEmpty()) size.changesBytes = 4 * shape.rowValues();
  return size;
}

std::string shapeProblem(const Format& format, const tensor::Shape& shape) {
  // Twice the float32 size bounds every payload, and k-means tables of single values its side data, so no sum
  // overflows.
  const auto values = shape.checkedCount();
  if (!values || *values > UINT64_MAX / 4096)
    return fmt::format("A tensor of shape {} has more values than memory can hold.", shape.toString());
  const FormatInfo& name = info(format.name);
  if (name.family != Family::GgufBlock) return {};
  const std::uint32_t blockValues = tensor::info(*name.dtype).blockValues;
  if (shape.rowValues() % blockValues == 0) return {};
  return fmt::format("{} needs rows of a multiple of {} values; the rows of shape {} have {}.", name.display,
                     blockValues, shape.toString(), shape.rowValues());
}

}  // namespace core::quant
