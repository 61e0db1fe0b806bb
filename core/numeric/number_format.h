#pragma once
#include <cstdint>
#include <span>
#include <string>
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
  Fp8E4M3Fnuz,
  Fp8E5M2Fnuz,
  Fp6E3M2,
  Fp6E2M3,
  Fp4E2M1,
  E8M0,
  Nf4,
  Fp4Bitsandbytes,
  Int8,
  UInt8,
  Int7,
  UInt7,
  Int6,
  UInt6,
  Int5,
  UInt5,
  Int4,
  UInt4,
  Int3,
  UInt3,
  Int2,
  UInt2,
  Custom  ///< no row of the table: made by customFormat or parseNumberFormat
};

enum class FormatKind : std::uint8_t {
  Float,           ///< sign, exponent, mantissa; radix 2
  PowerOfTwo,      ///< an exponent alone (E8M0): no sign, no zero
  CodeBook,        ///< the code is an index into a table of values, under a scale (absmax)
  SignedInteger,   ///< two's complement, under scale and zero-point
  UnsignedInteger  ///< under scale and zero-point
};

/// Which codes of a Float stand for no finite number.
enum class Specials : std::uint8_t {
  Ieee,               ///< exponent field all ones: mantissa 0 is ±Inf, everything else NaN (IEEE 754)
  NanAllOnes,         ///< "FN": exponent and mantissa all ones is NaN, no Inf (OCP E4M3); E8M0: all ones
  NanIsNegativeZero,  ///< "FNUZ": the code of −0 is the only NaN; no −0, no Inf
  None                ///< every code is a finite number (OCP FP6, FP4); code books and integers
};

/// How a code of `bits` bits becomes a number: a row of the table of formats, or a custom one.
/// Sources: IEEE 754-2019; OCP 8-bit Floating Point Specification 1.0; OCP Microscaling Formats 1.0; FNUZ: Noune et
/// al., 8-bit Numerical Formats for Deep Neural Networks (2022), as in LLVM and ml_dtypes; QLoRA (NF4); bitsandbytes
/// (FP4). TF32 codes are the upper 19 bits of an FP32.
struct NumberFormat {
  FormatId id = FormatId::Custom;
  std::string name;   ///< as typed on a command line: "fp8_e4m3", "e5m10:bias=16"; no two formats share one
  std::string title;  ///< for people: "FP8 E4M3"
  FormatKind kind = FormatKind::Float;
  std::uint32_t bits = 0;
  std::uint32_t exponentBits = 0;  ///< 0 unless Float or PowerOfTwo
  std::uint32_t mantissaBits = 0;  ///< without the implicit bit; 0 unless Float
  std::int32_t bias = 0;           ///< value exponent = exponent field − bias
  Specials specials = Specials::None;
  bool hasSubnormals = true;             ///< Float; off: every code of exponent field 0 stands for zero
  std::span<const float> codeBook = {};  ///< CodeBook only, 2^bits values in code order

  bool hasInfinity() const { return specials == Specials::Ieee; }
  /// An IEEE format without mantissa bits has Inf, but no code left for NaN.
  bool hasNan() const { return specials == Specials::Ieee ? mantissaBits > 0 : specials != Specials::None; }
  bool hasNegativeZero() const { return kind == FormatKind::Float && specials != Specials::NanIsNegativeZero; }
  bool isInteger() const { return kind == FormatKind::SignedInteger || kind == FormatKind::UnsignedInteger; }
  /// Whether a CodeScale changes what codes stand for.
  bool isScaled() const { return isInteger() || kind == FormatKind::CodeBook; }
  /// All bits of a code set.
  std::uint64_t codeMask() const { return ~std::uint64_t{0} >> (64 - bits); }
  /// The sign bit of a Float.
  std::uint64_t signMask() const { return std::uint64_t{1} << (bits - 1); }
  /// Largest finite code without its sign bit (Float, PowerOfTwo).
  std::uint64_t maxFiniteCode() const;
  /// Smallest code of a positive number (Float): 1, or the smallest normal one where there are no subnormals.
  std::uint64_t minPositiveCode() const { return hasSubnormals ? 1 : std::uint64_t{1} << mantissaBits; }
  /// Smallest and largest integer of an integer format.
  std::int64_t minInteger() const;
  std::int64_t maxInteger() const;

  /// Formats are the same when their names are.
  bool operator==(const NumberFormat& other) const { return name == other.name; }
};

/// The table of formats, in the order of FormatId.
std::span<const NumberFormat> numberFormats();
/// @pre id is not Custom
const NumberFormat& numberFormat(FormatId id);
/// By name; upper and lower case are the same. Nothing fits: nullptr. Custom formats: parseNumberFormat.
const NumberFormat* findNumberFormat(std::string_view name);

}  // namespace core::numeric
