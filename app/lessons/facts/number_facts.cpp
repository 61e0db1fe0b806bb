#include "app/lessons/facts/number_facts.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/numeric/explain.h"
#include "core/numeric/typed_number.h"

namespace app {
namespace {

using namespace core::numeric;

const NumberFormat& formatOf(const std::string& name) {
  const NumberFormat* format = findNumberFormat(name);
  if (format == nullptr) refuseArgument(fmt::format("There is no number format {}.", name));
  return *format;
}

const NumberFormat& formatOf(const FactArguments& arguments) { return formatOf(arguments.text("format")); }

/// The code that a decimal, typed with these digits, is rounded to.
std::uint64_t codeOf(const NumberFormat& format, const std::string& digits) {
  const TypedNumber number = parseTypedNumber(digits, format);
  return encodeTyped(format, number).decision.code;
}

std::uint64_t codeOf(const FactArguments& arguments, std::string_view name = "value") {
  return codeOf(formatOf(arguments), arguments.digits(name));
}

double roundedTo(const NumberFormat& format, double value) { return decode(format, encode(format, value)); }

std::string yesOrNo(bool yes) { return yes ? "yes" : "no"; }

/// Exponents of what is finite and not zero: from the smallest subnormal on.
int smallestPower(const NumberFormat& format) { return static_cast<int>(std::lround(std::log2(decode(format, 1)))); }

// Fields and codes.

FactValue fieldBits(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  const std::string field = arguments.text("field");
  if (field == "exponent") return static_cast<double>(format.exponentBits);
  if (field == "mantissa") return static_cast<double>(format.mantissaBits);
  if (field == "all") return static_cast<double>(format.bits);
  refuseArgument(fmt::format("A number has no field {}.", field));
}

FactValue bias(const FactArguments& arguments, const core::JobContext&) {
  return static_cast<double>(formatOf(arguments).bias);
}

FactValue codeFact(const FactArguments& arguments, const core::JobContext&) {
  return Pattern{std::string(formatOf(arguments).name), codeOf(arguments)};
}

/// The upper bits of a longer format's code, as cutting them off leaves them.
FactValue cutCode(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat &from = formatOf(arguments.text("from")), &to = formatOf(arguments);
  if (from.bits < to.bits || from.exponentBits != to.exponentBits)
    refuseArgument(fmt::format("{} is not the upper part of {}.", to.title, from.title));
  return Pattern{std::string(to.name), codeOf(from, arguments.digits("value")) >> (from.bits - to.bits)};
}

FactValue valueOfCode(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  const TypedNumber number = parseTypedNumber(arguments.text("code"), format);
  return decode(format, number.patternCode);
}

FactValue storedValue(const FactArguments& arguments, const core::JobContext&) {
  return decode(formatOf(arguments), codeOf(arguments));
}

FactValue exactDigits(const FactArguments& arguments, const core::JobContext&) {
  return exactText(decode(formatOf(arguments), codeOf(arguments)));
}

FactValue fieldValue(const FactArguments& arguments, const core::JobContext&) {
  const Explanation explained = explain(formatOf(arguments), codeOf(arguments));
  const std::string field = arguments.text("field");
  if (field == "exponent" && explained.exponentField) return static_cast<double>(*explained.exponentField);
  if (field == "power" && explained.exponent) return static_cast<double>(*explained.exponent);
  if (field == "mantissa" && explained.mantissaField) return static_cast<double>(*explained.mantissaField);
  refuseArgument(fmt::format("This number has no field {}.", field));
}

// The set of values.

FactValue largestValue(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  return decode(format, format.maxFiniteCode());
}

FactValue smallestPowerFact(const FactArguments& arguments, const core::JobContext&) {
  return static_cast<double>(smallestPower(formatOf(arguments)));
}

FactValue smallestNormalPower(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  return static_cast<double>(1 - format.bias);
}

FactValue nextValue(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  const auto code = next(format, codeOf(arguments));
  if (!code) refuseArgument("There is no next value.");
  return decode(format, *code);
}

FactValue spacing(const FactArguments& arguments, const core::JobContext&) {
  return ulp(formatOf(arguments), codeOf(arguments));
}

/// How many codes of up to 16 bits satisfy a condition on their value.
template <class Condition>
double countValues(const NumberFormat& format, Condition condition) {
  double count = 0;
  for (const double value : enumerate(format)) count += condition(value) ? 1 : 0;
  return count;
}

FactValue valuesBetween(const FactArguments& arguments, const core::JobContext&) {
  const double from = arguments.number("from"), to = arguments.number("to");
  return countValues(formatOf(arguments), [=](double v) { return v >= from && v < to; });
}

FactValue shareBelow(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  const double limit = arguments.number("value");
  const double below = countValues(format, [=](double v) { return v > 0 && v < limit; });
  return kPercent * below / countValues(format, [](double v) { return v > 0 && std::isfinite(v); });
}

/// In both signs, the codes behind the largest finite one, without the infinities.
FactValue nanCodes(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  const std::uint64_t largest = format.maxFiniteCode();
  std::uint64_t codes = (format.codeMask() >> 1) - largest;
  if (codes != 0 && classify(format, largest + 1) == NumberClass::Infinite) --codes;
  return 2 * static_cast<double>(codes);
}

FactValue widestFormat(const FactArguments& arguments, const core::JobContext&) {
  std::string widest;
  double largest = -1;
  for (const std::string& name : arguments.texts("formats")) {
    const NumberFormat& format = formatOf(name);
    const double value = decode(format, format.maxFiniteCode());
    if (value > largest) largest = value, widest = name;
  }
  return widest;
}

FactValue nearestFormat(const FactArguments& arguments, const core::JobContext&) {
  std::string nearest;
  double least = std::numeric_limits<double>::infinity();
  for (const std::string& name : arguments.texts("formats")) {
    const double error = std::fabs(roundedTo(formatOf(name), arguments.number("value")) - arguments.number("value"));
    if (error < least) least = error, nearest = name;
  }
  return nearest;
}

FactValue notStored(const FactArguments& arguments, const core::JobContext&) {
  for (const double value : arguments.numbers("values"))
    if (roundedTo(formatOf(arguments), value) != value) return value;
  refuseArgument("The format holds every one of these values.");
}

// Rounding and sums.

FactValue roundingSide(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  const auto error = encodeTyped(format, parseTypedNumber(arguments.digits("value"), format)).error;
  if (!error) refuseArgument("This number is not finite.");
  return error->isZero() ? std::string("exact") : error->isNegative() ? std::string("below") : std::string("above");
}

/// Every value and the sum rounded to the format: for formats of up to 24 bits of significand the double sum of two
/// values is exact or rounds the same way (2p + 2 ≤ 53), and FP64 is the double itself.
double sumOf(const FactArguments& arguments) {
  const NumberFormat& format = formatOf(arguments);
  return roundedTo(format, decode(format, codeOf(arguments, "a")) + decode(format, codeOf(arguments, "b")));
}

FactValue sum(const FactArguments& arguments, const core::JobContext&) { return sumOf(arguments); }

FactValue sumDigits(const FactArguments& arguments, const core::JobContext&) { return exactText(sumOf(arguments)); }

FactValue sumEquals(const FactArguments& arguments, const core::JobContext&) {
  return yesOrNo(sumOf(arguments) == decode(formatOf(arguments), codeOf(arguments, "c")));
}

FactValue repeatedSum(const FactArguments& arguments, const core::JobContext& job) {
  const NumberFormat& format = formatOf(arguments);
  const double term = decode(format, codeOf(arguments));
  double total = 0;
  for (std::uint64_t i = 0; i < arguments.count("count"); ++i) {
    if (i % 65536 == 0) job.throwIfCancelled();
    total = roundedTo(format, total + term);
  }
  return total;
}

/// The smallest power of two from which neighbours stand at least so far apart.
FactValue firstWithSpacing(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  const double wanted = arguments.number("spacing");
  for (int power = 1 - format.bias;; ++power) {
    const double value = std::ldexp(1.0, power);
    if (value > decode(format, format.maxFiniteCode()))
      refuseArgument("The values of the format are never so far apart.");
    if (ulp(format, encode(format, value)) >= wanted) return value;
  }
}

/// Spacing against value, both over the powers of two from `from` to `to`.
FactValue spacingCurve(const FactArguments& arguments, const core::JobContext&) {
  const NumberFormat& format = formatOf(arguments);
  Curve curve;
  const int last = static_cast<int>(arguments.number("to"));
  for (int power = static_cast<int>(arguments.number("from")); power <= last; ++power) {
    curve.x.push_back(std::ldexp(1.0, power));
    curve.y.push_back(ulp(format, encode(format, curve.x.back())));
  }
  return curve;
}

constexpr Fact kNumberFacts[] = {
    {"field_bits", FactKind::Number, "format field", fieldBits},
    {"bias", FactKind::Number, "format", bias},
    {"code", FactKind::Pattern, "format value", codeFact},
    {"cut_code", FactKind::Pattern, "from format value", cutCode},
    {"value_of_code", FactKind::Number, "format code", valueOfCode},
    {"stored_value", FactKind::Number, "format value", storedValue},
    {"exact_digits", FactKind::Text, "format value", exactDigits},
    {"field_value", FactKind::Number, "format value field", fieldValue},
    {"largest_value", FactKind::Number, "format", largestValue},
    {"smallest_power", FactKind::Number, "format", smallestPowerFact},
    {"smallest_normal_power", FactKind::Number, "format", smallestNormalPower},
    {"next_value", FactKind::Number, "format value", nextValue},
    {"spacing", FactKind::Number, "format value", spacing},
    {"values_between", FactKind::Number, "format from to", valuesBetween},
    {"share_below", FactKind::Number, "format value", shareBelow},
    {"nan_codes", FactKind::Number, "format", nanCodes},
    {"widest_format", FactKind::Text, "formats", widestFormat},
    {"nearest_format", FactKind::Text, "formats value", nearestFormat},
    {"not_stored", FactKind::Number, "format values", notStored},
    {"rounding_side", FactKind::Text, "format value", roundingSide},
    {"sum", FactKind::Number, "format a b", sum},
    {"sum_digits", FactKind::Text, "format a b", sumDigits},
    {"sum_equals", FactKind::Text, "format a b c", sumEquals},
    {"repeated_sum", FactKind::Number, "format value count", repeatedSum},
    {"first_with_spacing", FactKind::Number, "format spacing", firstWithSpacing},
    {"spacing_curve", FactKind::Curve, "format from to", spacingCurve},
};

}  // namespace

std::span<const Fact> numberFacts() { return kNumberFacts; }

}  // namespace app
