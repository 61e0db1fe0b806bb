#include "core/numeric/number_format.h"

#include <array>
#include <cctype>

#include "core/numeric/code_books.h"

namespace core::numeric {

namespace {

constexpr std::size_t kFormatCount = static_cast<std::size_t>(FormatId::UInt2) + 1;

std::array<NumberFormat, kFormatCount> makeTable() {
  using K = FormatKind;
  using F = FormatId;
  // id, name, title, kind, bits, exponent bits, mantissa bits, bias, infinity, NaN, code book
  return {{
      {F::Fp64, "fp64", "FP64", K::Float, 64, 11, 52, 1023, true, true, {}},
      {F::Fp32, "fp32", "FP32", K::Float, 32, 8, 23, 127, true, true, {}},
      {F::Tf32, "tf32", "TF32", K::Float, 19, 8, 10, 127, true, true, {}},
      {F::Fp16, "fp16", "FP16", K::Float, 16, 5, 10, 15, true, true, {}},
      {F::Bf16, "bf16", "BF16", K::Float, 16, 8, 7, 127, true, true, {}},
      {F::Fp8E4M3, "fp8_e4m3", "FP8 E4M3", K::Float, 8, 4, 3, 7, false, true, {}},
      {F::Fp8E5M2, "fp8_e5m2", "FP8 E5M2", K::Float, 8, 5, 2, 15, true, true, {}},
      {F::Fp6E3M2, "fp6_e3m2", "FP6 E3M2", K::Float, 6, 3, 2, 3, false, false, {}},
      {F::Fp6E2M3, "fp6_e2m3", "FP6 E2M3", K::Float, 6, 2, 3, 1, false, false, {}},
      {F::Fp4E2M1, "fp4_e2m1", "FP4 E2M1", K::Float, 4, 2, 1, 1, false, false, {}},
      {F::E8M0, "e8m0", "E8M0", K::PowerOfTwo, 8, 8, 0, 127, false, true, {}},
      {F::Nf4, "nf4", "NF4", K::CodeBook, 4, 0, 0, 0, false, false, nf4CodeBook()},
      {F::Fp4Bitsandbytes, "fp4", "FP4 (bitsandbytes)", K::CodeBook, 4, 0, 0, 0, false, false, fp4CodeBook()},
      {F::Int8, "int8", "INT8", K::SignedInteger, 8, 0, 0, 0, false, false, {}},
      {F::UInt8, "uint8", "UINT8", K::UnsignedInteger, 8, 0, 0, 0, false, false, {}},
      {F::Int4, "int4", "INT4", K::SignedInteger, 4, 0, 0, 0, false, false, {}},
      {F::UInt4, "uint4", "UINT4", K::UnsignedInteger, 4, 0, 0, 0, false, false, {}},
      {F::Int3, "int3", "INT3", K::SignedInteger, 3, 0, 0, 0, false, false, {}},
      {F::UInt3, "uint3", "UINT3", K::UnsignedInteger, 3, 0, 0, 0, false, false, {}},
      {F::Int2, "int2", "INT2", K::SignedInteger, 2, 0, 0, 0, false, false, {}},
      {F::UInt2, "uint2", "UINT2", K::UnsignedInteger, 2, 0, 0, 0, false, false, {}},
  }};
}

const std::array<NumberFormat, kFormatCount>& table() {
  static const std::array<NumberFormat, kFormatCount> formats = makeTable();
  return formats;
}

bool sameIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(a[i])) != std::tolower(static_cast<unsigned char>(b[i]))) return false;
  return true;
}

}  // namespace

std::uint64_t NumberFormat::maxFiniteCode() const {
  if (kind == FormatKind::PowerOfTwo) return codeMask() - 1;
  const std::uint64_t allOnes = codeMask() >> 1;
  if (hasInfinity) return allOnes - (std::uint64_t{1} << mantissaBits);
  return hasNan ? allOnes - 1 : allOnes;
}

std::int64_t NumberFormat::minInteger() const {
  return kind == FormatKind::SignedInteger ? -(std::int64_t{1} << (bits - 1)) : 0;
}

std::int64_t NumberFormat::maxInteger() const {
  return static_cast<std::int64_t>(kind == FormatKind::SignedInteger ? codeMask() >> 1 : codeMask());
}

std::span<const NumberFormat> numberFormats() { return table(); }

const NumberFormat& numberFormat(FormatId id) { return table()[static_cast<std::size_t>(id)]; }

const NumberFormat* findNumberFormat(std::string_view name) {
  for (const NumberFormat& format : table())
    if (sameIgnoringCase(format.name, name)) return &format;
  return nullptr;
}

}  // namespace core::numeric
