#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "core/numeric/codec.h"

namespace core::numeric {

/// A code, field by field, as numbers and as text for people. Fields a format does not have are absent.
struct Explanation {
  FormatId format = FormatId::Fp32;
  std::uint64_t code = 0;
  std::string hex;     ///< "0x3f800000", all digits
  std::string binary;  ///< fields apart: "0 01111111 00000000000000000000000"

  std::optional<int> sign;                     ///< 0 or 1: Float
  std::optional<std::uint64_t> exponentField;  ///< Float, E8M0
  std::optional<int> exponent;                 ///< power of two that scales the significand; absent for Inf and NaN
  std::optional<int> implicitBit;              ///< 1 for normal, 0 for subnormal and zero; absent for Inf and NaN
  std::optional<std::uint64_t> mantissaField;  ///< Float
  std::optional<std::int64_t> integer;         ///< integers: q
  std::optional<std::uint64_t> codeBookIndex;  ///< code books

  NumberClass numberClass = NumberClass::Zero;
  double value = 0;
  std::string valueText;  ///< every digit, or "inf", "-inf", "nan"
  /// The computation with its numbers: "(-1)^0 × 2^(127-127) × (1 + 4194304/2^23)".
  std::string formula;
  double ulp = 0;
  std::string ulpText;                          ///< every digit, or "nan"
  std::optional<std::uint64_t> previous, next;  ///< codes of the neighbouring values
  std::string previousText, nextText;           ///< their values; empty where there is none
};

Explanation explain(const NumberFormat& format, std::uint64_t code, const CodeScale& scale = {});

}  // namespace core::numeric
