#include "core/quant/explain/block_fields.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/numeric/code_books.h"
#include "core/numeric/codec.h"
#include "core/quant/explain/gguf_fields.h"
#include "core/tensor/dtype.h"

namespace core::quant {

namespace {

using numeric::FormatId;
using tensor::DType;

constexpr std::string_view kRoles[] = {"scale", "super_scale", "minimum", "super_minimum", "zero_point",
                                       "code",  "index",       "sign",    "offset_sign",   "offset",
                                       "level", "sum",         "padding"};

struct ReadingFacts {
  FieldReading reading;
  std::string_view title;
  std::optional<FormatId> format;
};
constexpr ReadingFacts kReadings[] = {
    {FieldReading::Unsigned, "unsigned integer", std::nullopt},
    {FieldReading::Signed, "signed integer", std::nullopt},
    {FieldReading::Fp64, "FP64", FormatId::Fp64},
    {FieldReading::Fp32, "FP32", FormatId::Fp32},
    {FieldReading::Fp16, "FP16", FormatId::Fp16},
    {FieldReading::Bf16, "BF16", FormatId::Bf16},
    {FieldReading::Fp8E4M3, "FP8 E4M3", FormatId::Fp8E4M3},
    {FieldReading::Fp8E5M2, "FP8 E5M2", FormatId::Fp8E5M2},
    {FieldReading::Fp6E3M2, "FP6 E3M2", FormatId::Fp6E3M2},
    {FieldReading::Fp6E2M3, "FP6 E2M3", FormatId::Fp6E2M3},
    {FieldReading::Fp4E2M1, "FP4 E2M1", FormatId::Fp4E2M1},
    {FieldReading::E8M0, "E8M0", FormatId::E8M0},
    {FieldReading::UnsignedE4M3, "unsigned FP8 E4M3", std::nullopt},
    {FieldReading::DynamicMap, "dynamic 8-bit map", std::nullopt},
    {FieldReading::Bits, "bits", std::nullopt},
};
constexpr bool inEnumerationOrder() {
  for (std::size_t i = 0; i < std::size(kReadings); ++i)
    if (static_cast<std::size_t>(kReadings[i].reading) != i) return false;
  return true;
}
static_assert(inEnumerationOrder(), "Readings are looked up by the enumeration.");

FieldReading readingOf(DType dtype) {
  switch (dtype) {
    case DType::F64:
      return FieldReading::Fp64;
    case DType::F32:
      return FieldReading::Fp32;
    case DType::F16:
      return FieldReading::Fp16;
    case DType::BF16:
      return FieldReading::Bf16;
    case DType::F8E4M3:
      return FieldReading::Fp8E4M3;
    case DType::F8E5M2:
      return FieldReading::Fp8E5M2;
    case DType::I64:
    case DType::I32:
    case DType::I16:
    case DType::I8:
      return FieldReading::Signed;
    default:
      return FieldReading::Unsigned;
  }
}

BlockFields makeFields(const tensor::DTypeInfo& type) {
  const auto runs = ggufFieldRuns(type.dtype);
  if (!runs.empty()) return expand(runs, type.blockBytes, type.blockValues);
  return plainFields(type.dtype, 1);
}

/// Calls visit(byte, offset in it, count, shift in the field's number) for the bytes of a range, the lowest first.
template <class Visit>
void forEachByte(const BitRange& range, const Visit& visit) {
  for (std::uint32_t done = 0; done < range.bits;) {
    const std::uint32_t at = range.firstBit + done, count = std::min(8 - at % 8, range.bits - done);
    visit(at / 8, at % 8, count, range.shift + done);
    done += count;
  }
}

std::int64_t signExtended(std::uint64_t bits, std::uint32_t width) {
  return static_cast<std::int64_t>(bits << (64 - width)) >> (64 - width);
}

}  // namespace

std::string_view toString(FieldRole role) { return kRoles[static_cast<std::size_t>(role)]; }
std::string_view title(FieldReading reading) { return kReadings[static_cast<std::size_t>(reading)].title; }

const numeric::NumberFormat* numberFormatOf(FieldReading reading) {
  const auto format = kReadings[static_cast<std::size_t>(reading)].format;
  return format ? &numeric::numberFormat(*format) : nullptr;
}

std::uint32_t BlockField::bits() const {
  std::uint32_t sum = 0;
  for (const BitRange& range : ranges) sum += range.bits;
  return sum;
}

bool BlockField::speaksOf(std::uint32_t value) const {
  if (value < firstValue) return false;
  const std::uint32_t distance = value - firstValue;
  return distance % valueStride == 0 && distance / valueStride < valueCount;
}

BlockFields expand(std::span<const FieldRun> runs, std::uint32_t bytes, std::uint32_t values) {
  BlockFields result{bytes, values, {}, std::vector<std::uint32_t>(std::size_t{8} * bytes)};
  for (const FieldRun& run : runs)
    for (std::uint32_t n = 0; n < run.fieldCount(); ++n) result.fields.push_back(run.field(n));
  for (std::size_t f = 0; f < result.fields.size(); ++f)
    for (const BitRange& range : result.fields[f].ranges)
      std::fill_n(result.fieldOfBit.begin() + range.firstBit, range.bits, static_cast<std::uint32_t>(f));
  return result;
}

BlockFields plainFields(DType dtype, std::uint32_t values) {
  const std::uint32_t bytes = tensor::info(dtype).blockBytes;
  const FieldRun elements = {.symbol = "u",
                             .reading = readingOf(dtype),
                             .axes = {{{values, 1}}},
                             .pieces = {{{0, 8 * bytes, 0, {8 * bytes}}}}};
  return expand({&elements, 1}, values * bytes, values);
}

const BlockFields& fieldsOf(DType dtype) {
  static const std::vector<BlockFields> all = [] {
    std::vector<BlockFields> result;
    for (const tensor::DTypeInfo& type : tensor::allDTypes()) result.push_back(makeFields(type));
    result.emplace_back();  // Unknown
    return result;
  }();
  return all[static_cast<std::size_t>(dtype)];
}

std::uint64_t bitsOf(const BlockField& field, std::span<const std::byte> block) {
  std::uint64_t bits = 0;
  for (const BitRange& range : field.ranges)
    forEachByte(range, [&](std::uint32_t byte, std::uint32_t offset, std::uint32_t count, std::uint32_t shift) {
      bits |= ((std::to_integer<std::uint64_t>(block[byte]) >> offset) & ((1U << count) - 1U)) << shift;
    });
  return bits;
}

void setBits(const BlockField& field, std::uint64_t bits, std::span<std::byte> block) {
  for (const BitRange& range : field.ranges)
    forEachByte(range, [&](std::uint32_t byte, std::uint32_t offset, std::uint32_t count, std::uint32_t shift) {
      const std::uint32_t mask = ((1U << count) - 1U) << offset;
      const auto kept = std::to_integer<std::uint32_t>(block[byte]) & ~mask;
      block[byte] = static_cast<std::byte>(kept | ((static_cast<std::uint32_t>(bits >> shift) << offset) & mask));
    });
}

double numberOf(const BlockField& field, std::uint64_t bits) {
  if (const auto* format = numberFormatOf(field.reading)) return numeric::decode(*format, bits);
  switch (field.reading) {
    case FieldReading::Signed:
      return static_cast<double>(signExtended(bits, field.bits()));
    case FieldReading::UnsignedE4M3: {
      const std::uint64_t code = bits & 0x7fU;
      if (code == 0x7fU) return bits == code ? 0.0 : 480.0;  // no NaN: the formula of normal numbers
      return numeric::decode(numeric::numberFormat(FormatId::Fp8E4M3), code);
    }
    case FieldReading::DynamicMap:
      return static_cast<double>(numeric::dynamicMapSigned()[bits & 0xffU]);
    case FieldReading::Bits:
      return std::numeric_limits<double>::quiet_NaN();
    default:
      return static_cast<double>(bits);
  }
}

}  // namespace core::quant
