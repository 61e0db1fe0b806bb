#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace core::numeric {

enum class FormatId : std::uint8_t {
  Fp64,
  Fp32,
  Tf32,
  Fp16,
  Bf16,
  Fp8E4M3,
  Fp8E5M2,
  Fp6E3M2,
  Fp6E2M3,
  Fp4E2M1,
  E8M0,
  Nf4,
  Fp4Bitsandbytes,
  Int8,
  UInt8,
  Int4,
  UInt4,
  Int3,
  UInt3,
  Int2,
  UInt2
};

enum class FormatKind : std::uint8_t {
  Float,           ///< sign, exponent, mantissa; subnormals; radix 2
  PowerOfTwo,      ///< an exponent alone (E8M0): no sign, no zero
  CodeBook,        ///< the code is an index into a table of values
  SignedInteger,   ///< two's complement, under scale and zero-point
  UnsignedInteger  ///< under scale and zero-point
};

/// How a code of `bits` bits becomes a number. One row of the table of formats.
/// Sources: IEEE 754-2019; OCP 8-bit Floating Point Specification 1.0; OCP Microscaling Formats 1.0; QLoRA (NF4);
/// bitsandbytes (FP4). TF32 codes are the upper 19 bits of an FP32.
struct NumberFormat {
  FormatId id;
  std::string_view name;   ///< as typed on a command line: "fp8_e4m3"
  std::string_view title;  ///< for people: "FP8 E4M3"
  FormatKind kind;
  std::uint32_t bits;
  std::uint32_t exponentBits;  ///< 0 unless Float or PowerOfTwo
  std::uint32_t mantissaBits;  ///< without the implicit bit; 0 unless Float
  std::int32_t bias;           ///< value exponent = exponent field − bias
  bool hasInfinity;
  bool hasNan;
  std::span<const float> codeBook;  ///< CodeBook only, 2^bits values in code order

  bool isInteger() const { return kind == FormatKind::SignedInteger || kind == FormatKind::UnsignedInteger; }
  /// All bits of a code set.
  std::uint64_t codeMask() const { return ~std::uint64_t{0} >> (64 - bits); }
  /// Largest finite code without its sign bit (Float, PowerOfTwo).
  std::uint64_t maxFiniteCode() const;
  /// Smallest and largest integer of an integer format.
  std::int64_t minInteger() const;
  std::int64_t maxInteger() const;
};

/// The table of formats, in the order of FormatId.
std::span<const NumberFormat> numberFormats();
const NumberFormat& numberFormat(FormatId id);
/// By name; upper and lower case are the same. Nothing fits: nullptr.
const NumberFormat* findNumberFormat(std::string_view name);

}  // namespace core::numeric
