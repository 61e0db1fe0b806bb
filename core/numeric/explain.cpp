#include "core/numeric/explain.h"

#include <cmath>

#include "core/numeric/exact_number.h"
#include "core/numeric/rounding.h"
#include "core/numeric/typed_scale.h"

namespace core::numeric {

namespace {

std::string binaryText(std::uint64_t value, std::uint32_t bits) {
  std::string text;
  for (std::uint32_t i = bits; i-- > 0;) text += ((value >> i) & 1U) != 0 ? '1' : '0';
  return text;
}

std::string hexText(const NumberFormat& format, std::uint64_t code) {
  std::string text = "0x";
  for (std::uint32_t digit = (format.bits + 3) / 4; digit-- > 0;)
    text += "0123456789abcdef"[(code >> (4 * digit)) & 0xfU];
  return text;
}

std::string parenthesised(const std::string& number) {
  const bool alone = number.front() != '-' && number.find('/') == std::string::npos;
  return alone ? number : "(" + number + ")";
}

std::string difference(std::int64_t a, std::int64_t b) {
  return std::to_string(a) + "-" + parenthesised(std::to_string(b));
}

void explainFloat(const NumberFormat& format, Explanation& e) {
  const std::uint64_t mantissaMask = (std::uint64_t{1} << format.mantissaBits) - 1;
  const std::uint64_t magnitude = e.code & (format.codeMask() >> 1);
  e.sign = static_cast<int>(e.code >> (format.bits - 1));
  e.mantissaField = e.code & mantissaMask;
  e.exponentField = magnitude >> format.mantissaBits;
  e.binary = binaryText(e.code >> (format.bits - 1), 1) + " " + binaryText(*e.exponentField, format.exponentBits);
  if (format.mantissaBits > 0) e.binary += " " + binaryText(*e.mantissaField, format.mantissaBits);
  const std::string sign = "(-1)^" + std::to_string(*e.sign) + " × ";
  const std::string fields =
      "exponent field " + std::to_string(*e.exponentField) + ", mantissa field " + std::to_string(*e.mantissaField);
  if (e.numberClass == NumberClass::Infinite || e.numberClass == NumberClass::NotANumber) {
    e.formula =
        e.numberClass == NumberClass::Infinite ? sign + "infinity (" + fields + ")" : "not a number (" + fields + ")";
    return;
  }
  e.implicitBit = *e.exponentField == 0 ? 0 : 1;
  if (*e.exponentField == 0 && !format.hasSubnormals) {
    e.exponent = 1 - format.bias;
    e.formula = sign + "0 (" + fields + "; there are no subnormal numbers)";
    return;
  }
  const auto effective = *e.exponentField == 0 ? std::int64_t{1} : static_cast<std::int64_t>(*e.exponentField);
  e.exponent = static_cast<int>(effective) - format.bias;
  e.formula = sign + "2^(" + difference(effective, format.bias) + ") × (" + std::to_string(*e.implicitBit) + " + " +
              std::to_string(*e.mantissaField) + "/2^" + std::to_string(format.mantissaBits) + ")";
}

void explainPowerOfTwo(const NumberFormat& format, Explanation& e) {
  e.exponentField = e.code;
  e.binary = binaryText(e.code, format.bits);
  if (e.numberClass == NumberClass::NotANumber) {
    e.formula = "not a number (exponent field " + std::to_string(e.code) + ")";
    return;
  }
  e.exponent = static_cast<int>(e.code) - format.bias;
  e.formula = "2^(" + difference(static_cast<std::int64_t>(e.code), format.bias) + ")";
}

void explainCodeBook(const NumberFormat& format, const CodeScale& scale, Explanation& e) {
  e.codeBookIndex = e.code;
  e.binary = binaryText(e.code, format.bits);
  e.formula = "entry " + std::to_string(e.code) + " of the code book";
  if (scale.scale != 1 || scale.exactScale)
    e.formula = parenthesised(scaleText(scale)) + " × " + exactText(decode(format, e.code)) + " (" + e.formula + ")";
}

void explainInteger(const NumberFormat& format, const CodeScale& scale, Explanation& e) {
  e.binary = binaryText(e.code, format.bits);
  e.integer = static_cast<std::int64_t>(decode(format, e.code));
  e.formula = parenthesised(scaleText(scale)) + " × (" + difference(*e.integer, scale.zeroPoint) + ")";
}

}  // namespace

Explanation explain(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  Explanation e;
  e.format = format.id;
  e.code = code & format.codeMask();
  e.hex = hexText(format, e.code);
  e.numberClass = classify(format, e.code, scale);
  e.value = decode(format, e.code, scale);
  e.valueText = decodeExact(format, e.code, scale).toDecimalText();
  const ExactNumber unit = ulpExact(format, e.code, scale);
  e.ulp = nearestDouble(unit);
  e.ulpText = unit.toDecimalText();
  e.previous = previous(format, e.code);
  e.next = next(format, e.code);
  if (e.previous) e.previousText = decodeExact(format, *e.previous, scale).toDecimalText();
  if (e.next) e.nextText = decodeExact(format, *e.next, scale).toDecimalText();
  switch (format.kind) {
    case FormatKind::Float:
      explainFloat(format, e);
      break;
    case FormatKind::PowerOfTwo:
      explainPowerOfTwo(format, e);
      break;
    case FormatKind::CodeBook:
      explainCodeBook(format, scale, e);
      break;
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger:
      explainInteger(format, scale, e);
      break;
  }
  return e;
}

}  // namespace core::numeric
