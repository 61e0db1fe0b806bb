#include "core/numeric/number_format.h"

#include <array>
#include <cassert>
#include <cctype>

#include "core/numeric/code_books.h"

namespace core::numeric {

namespace {

constexpr std::size_t kFormatCount = static_cast<std::size_t>(FormatId::Custom);

NumberFormat floatRow(FormatId id, const char* name, const char* title, std::uint32_t exponentBits,
                      std::uint32_t mantissaBits, std::int32_t bias, Specials specials) {
  return {id,       name, title, FormatKind::Float, 1 + exponentBits + mantissaBits, exponentBits, mantissaBits, bias,
          specials, true, {}};
}

NumberFormat codeBookRow(FormatId id, const char* name, const char* title, std::span<const float> book) {
  return {id, name, title, FormatKind::CodeBook, 4, 0, 0, 0, Specials::None, true, book};
}

NumberFormat integerRow(FormatId id, FormatKind kind, std::uint32_t bits) {
  const bool isSigned = kind == FormatKind::SignedInteger;
  const std::string width = std::to_string(bits);
  return {id,
          (isSigned ? "int" : "uint") + width,
          (isSigned ? "INT" : "UINT") + width,
          kind,
          bits,
          0,
          0,
          0,
          Specials::None,
          true,
          {}};
}

std::array<NumberFormat, kFormatCount> makeTable() {
  using K = FormatKind;
  using F = FormatId;
  using S = Specials;
  return {{
      // exponent bits, mantissa bits, bias
      floatRow(F::Fp64, "fp64", "FP64", 11, 52, 1023, S::Ieee),
      floatRow(F::Fp32, "fp32", "FP32", 8, 23, 127, S::Ieee),
      floatRow(F::Tf32, "tf32", "TF32", 8, 10, 127, S::Ieee),
      floatRow(F::Fp16, "fp16", "FP16", 5, 10, 15, S::Ieee),
      floatRow(F::Bf16, "bf16", "BF16", 8, 7, 127, S::Ieee),
      floatRow(F::Fp8E4M3, "fp8_e4m3", "FP8 E4M3", 4, 3, 7, S::NanAllOnes),
      floatRow(F::Fp8E5M2, "fp8_e5m2", "FP8 E5M2", 5, 2, 15, S::Ieee),
      floatRow(F::Fp8E4M3Fnuz, "fp8_e4m3fnuz", "FP8 E4M3FNUZ", 4, 3, 8, S::NanIsNegativeZero),
      floatRow(F::Fp8E5M2Fnuz, "fp8_e5m2fnuz", "FP8 E5M2FNUZ", 5, 2, 16, S::NanIsNegativeZero),
      floatRow(F::Fp6E3M2, "fp6_e3m2", "FP6 E3M2", 3, 2, 3, S::None),
      floatRow(F::Fp6E2M3, "fp6_e2m3", "FP6 E2M3", 2, 3, 1, S::None),
      floatRow(F::Fp4E2M1, "fp4_e2m1", "FP4 E2M1", 2, 1, 1, S::None),
      {F::E8M0, "e8m0", "E8M0", K::PowerOfTwo, 8, 8, 0, 127, S::NanAllOnes, true, {}},
      codeBookRow(F::Nf4, "nf4", "NF4", nf4CodeBook()),
      codeBookRow(F::Fp4Bitsandbytes, "fp4", "FP4 (bitsandbytes)", fp4CodeBook()),
      integerRow(F::Int8, K::SignedInteger, 8),
      integerRow(F::UInt8, K::UnsignedInteger, 8),
      integerRow(F::Int7, K::SignedInteger, 7),
      integerRow(F::UInt7, K::UnsignedInteger, 7),
      integerRow(F::Int6, K::SignedInteger, 6),
      integerRow(F::UInt6, K::UnsignedInteger, 6),
      integerRow(F::Int5, K::SignedInteger, 5),
      integerRow(F::UInt5, K::UnsignedInteger, 5),
      integerRow(F::Int4, K::SignedInteger, 4),
      integerRow(F::UInt4, K::UnsignedInteger, 4),
      integerRow(F::Int3, K::SignedInteger, 3),
      integerRow(F::UInt3, K::UnsignedInteger, 3),
      integerRow(F::Int2, K::SignedInteger, 2),
      integerRow(F::UInt2, K::UnsignedInteger, 2),
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
  if (specials == Specials::Ieee) return allOnes - (std::uint64_t{1} << mantissaBits);
  return specials == Specials::NanAllOnes ? allOnes - 1 : allOnes;
}

std::int64_t NumberFormat::minInteger() const {
  return kind == FormatKind::SignedInteger ? -(std::int64_t{1} << (bits - 1)) : 0;
}

std::int64_t NumberFormat::maxInteger() const {
  return static_cast<std::int64_t>(kind == FormatKind::SignedInteger ? codeMask() >> 1 : codeMask());
}

std::span<const NumberFormat> numberFormats() { return table(); }

const NumberFormat& numberFormat(FormatId id) {
  assert(id != FormatId::Custom);
  return table()[static_cast<std::size_t>(id)];
}

const NumberFormat* findNumberFormat(std::string_view name) {
  for (const NumberFormat& format : table())
    if (sameIgnoringCase(format.name, name)) return &format;
  return nullptr;
}

}  // namespace core::numeric
