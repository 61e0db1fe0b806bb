#include "core/numeric/typed_scale.h"

#include <cmath>

#include "core/base/error.h"
#include "core/numeric/rounding.h"
#include "core/numeric/typed_number.h"
#include "core/numeric/typed_text.h"

namespace core::numeric {

namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::InvalidArgument, sentence); }

std::int64_t readZeroPoint(const NumberFormat& format, std::string_view text) {
  const ExactNumber value = parseTypedNumber(text, numberFormat(FormatId::Fp64)).exact;
  const auto bound = [](std::int64_t end) { return ExactNumber::fromInteger(end); };
  const bool inside = value.isFinite() && value.compare(bound(format.minInteger())) >= 0 &&
                      value.compare(bound(format.maxInteger())) <= 0;
  if (!inside || !value.magnitude().parts().fraction.isZero())
    refuse("The zero-point of " + format.title + " is an integer from " + std::to_string(format.minInteger()) + " to " +
           std::to_string(format.maxInteger()) + ", but found " + shortQuote(text) + ".");
  const auto whole = static_cast<std::int64_t>(value.magnitude().parts().whole);
  return value.isNegative() ? -whole : whole;
}

}  // namespace

CodeScale parseScale(const NumberFormat& format, std::string_view scale, std::string_view zeroPoint) {
  const std::string name = format.isInteger() ? "scale" : "absmax";
  if (!format.isScaled()) refuse(format.title + " has no scale: its codes stand for numbers of their own.");
  if (lowerTrimmed(scale).empty())
    refuse("The " + name + " of " + format.title + " is a number above zero, but nothing was typed.");
  const TypedNumber number = parseTypedNumber(scale, numberFormat(FormatId::Fp64));
  const bool isPositive =
      number.hasValue() && number.exact.isFinite() && !number.exact.isZero() && !number.exact.isNegative();
  if (!isPositive)
    refuse("The " + name + " of " + format.title + " is a number above zero, but found " + shortQuote(scale) + ".");
  if (!std::isfinite(number.nearest) || number.nearest == 0)
    refuse("The " + name + " of " + format.title + " lies between 5e-324 and 1.8e308, but found " + shortQuote(scale) +
           ".");
  if (!format.isInteger() && !zeroPoint.empty()) refuse(format.title + " has no zero-point, only an absmax.");
  return CodeScale::exactly(number.exact, zeroPoint.empty() ? 0 : readZeroPoint(format, zeroPoint));
}

std::string scaleText(const CodeScale& scale) {
  const ExactNumber factor = scale.factor();
  return factor.hasLastDigit() ? factor.toDecimalText() : factor.toFractionText();
}

}  // namespace core::numeric
