#include "core/quant/stored_size.h"

#include <fmt/format.h>

#include "core/quant/scheme_table.h"
#include "core/tensor/dtype.h"

namespace core::quant {

namespace {

std::uint64_t ceilDivide(std::uint64_t a, std::uint64_t b) { return a / b + (a % b == 0 ? 0 : 1); }

StoredSize integerSize(const Scheme& scheme, const tensor::Shape& shape) {
  const std::uint32_t bits = codeBits(scheme.name);
  const std::uint64_t rows = shape.count() == 0 ? 0 : shape.rows();
  StoredSize size;
  size.payloadBytes = rows * integerRowBytes(bits, shape.rowValues());
  size.scales = scheme.granularity == Granularity::Tensor
                    ? (rows == 0 ? 0 : 1)
                    : rows * groupsPerRow(scheme.granularity, scheme.groupSize, shape.rowValues());
  size.sideDataBytes = size.scales * scaleBits(scheme.granularity) / 8;
  if (scheme.range == RangeMethod::MinMax) size.sideDataBytes += ceilDivide(size.scales * bits, 8);
  return size;
}

StoredSize codeBookSize(const Scheme& scheme, const tensor::Shape& shape) {
  StoredSize size;
  size.payloadBytes = ceilDivide(shape.count(), 2);
  size.scales = ceilDivide(shape.count(), scheme.blockSize);
  size.sideDataBytes = size.scales * sizeof(float);
  if (scheme.doubleQuantization == DoubleQuantization::On && size.scales != 0)
    size.sideDataBytes = size.scales + (ceilDivide(size.scales, kNestedBlock) + 1) * sizeof(float);
  return size;
}

}  // namespace

std::uint32_t scaleBits(Granularity granularity) { return granularity == Granularity::Group ? 16 : 32; }

std::uint64_t groupsPerRow(Granularity granularity, std::uint32_t groupSize, std::uint64_t rowValues) {
  return granularity == Granularity::Group ? ceilDivide(rowValues, groupSize) : 1;
}

std::uint64_t integerRowBytes(std::uint32_t bits, std::uint64_t rowValues) {
  return rowValues / 8 * bits + ceilDivide(rowValues % 8 * bits, 8);
}

StoredSize storedSize(const Scheme& scheme, const tensor::Shape& shape) {
  const SchemeNameInfo& name = info(scheme.name);
  if (name.family == Family::Integer) return integerSize(scheme, shape);
  if (name.family == Family::CodeBook) return codeBookSize(scheme, shape);
  StoredSize size;
  size.payloadBytes = tensor::storageBytes(*name.dtype, shape).value_or(0);
  return size;
}

std::string shapeProblem(const Scheme& scheme, const tensor::Shape& shape) {
  // Twice the float32 size bounds every payload and its side data, so no later sum can overflow.
  const auto values = shape.checkedCount();
  if (!values || *values > UINT64_MAX / 16)
    return fmt::format("A tensor of shape {} has more values than memory can hold.", shape.toString());
  const SchemeNameInfo& name = info(scheme.name);
  if (name.family != Family::GgufBlock) return {};
  const std::uint32_t blockValues = tensor::info(*name.dtype).blockValues;
  if (shape.rowValues() % blockValues == 0) return {};
  return fmt::format("{} needs rows of a multiple of {} values; the rows of shape {} have {}.", name.display,
                     blockValues, shape.toString(), shape.rowValues());
}

}  // namespace core::quant
