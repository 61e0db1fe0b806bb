#include "core/numeric/rounding_rules.h"

#include "core/numeric/sorted_code_book.h"

namespace core::numeric::rules {

Threshold thresholdOf(const RoundingRule& rule, bool negative, bool evenTieGoesAway) {
  constexpr Threshold kAlwaysAway{0.0, false}, kNeverAway{1.0, true};  // only the far value itself is as far
  switch (rule.mode) {
    case Rounding::NearestEven:
      return {0.5, evenTieGoesAway};
    case Rounding::NearestAway:
      return {0.5, true};
    case Rounding::TowardZero:
      return kNeverAway;
    case Rounding::Up:
      return negative ? kNeverAway : kAlwaysAway;
    case Rounding::Down:
      return negative ? kAlwaysAway : kNeverAway;
    case Rounding::Stochastic:
      break;
  }
  return {rule.draw, false};
}

bool staysAtLargest(const RoundingRule& rule, bool negative, Overflow overflow) {
  if (overflow == Overflow::Saturate || rule.mode == Rounding::TowardZero) return true;
  return rule.mode == (negative ? Rounding::Up : Rounding::Down);
}

std::uint64_t nanCode(const NumberFormat& format, bool negative) {
  if (format.specials == Specials::NanIsNegativeZero) return format.signMask();
  const std::uint64_t sign = negative ? format.signMask() : 0;
  if (format.specials == Specials::NanAllOnes) return (format.codeMask() >> 1) | sign;
  return (format.maxFiniteCode() + 1 + (std::uint64_t{1} << (format.mantissaBits - 1))) | sign;  // quiet
}

std::uint64_t overflowCode(const NumberFormat& format, bool negative) {
  if (format.hasInfinity()) return withSign(format, format.maxFiniteCode() + 1, negative);
  return format.hasNan() ? nanCode(format, negative) : withSign(format, format.maxFiniteCode(), negative);
}

std::uint64_t withSign(const NumberFormat& format, std::uint64_t magnitudeCode, bool negative) {
  if (!negative || (magnitudeCode == 0 && !format.hasNegativeZero())) return magnitudeCode;
  return magnitudeCode | format.signMask();
}

namespace {

RoundingDecision specialInteger(const NumberFormat& format, bool isNan, bool negative, const CodeScale& scale) {
  RoundingDecision decision;
  decision.noSuchValue = true;
  const bool toLowest = negative != (scale.scale < 0);
  const std::int64_t zero = std::clamp(scale.zeroPoint, format.minInteger(), format.maxInteger());
  const std::int64_t q = isNan ? zero : toLowest ? format.minInteger() : format.maxInteger();
  decision.code = decision.truncatedCode = static_cast<std::uint64_t>(q) & format.codeMask();
  decision.overflow = !isNan;
  if (!isNan) decision.direction = RoundingDirection::TowardZero;
  return decision;
}

RoundingDecision specialCodeBook(const NumberFormat& format, bool isNan, bool negative, const CodeScale& scale) {
  RoundingDecision decision;
  decision.noSuchValue = true;
  const SortedCodeBook book(format.codeBook);
  const bool toLowest = negative != (scale.scale < 0);
  const std::size_t index = isNan ? book.indexOf(0.0F) : toLowest ? 0 : book.size() - 1;
  decision.code = decision.truncatedCode = book.code(index);
  if (!isNan) decision.direction = RoundingDirection::TowardZero;
  return decision;
}

}  // namespace

RoundingDecision decideSpecial(const NumberFormat& format, bool isNan, bool negative, const CodeScale& scale) {
  if (format.isInteger()) return specialInteger(format, isNan, negative, scale);
  if (format.kind == FormatKind::CodeBook) return specialCodeBook(format, isNan, negative, scale);
  RoundingDecision decision;
  decision.noSuchValue = isNan ? !format.hasNan() : !format.hasInfinity();
  if (format.kind == FormatKind::PowerOfTwo)
    decision.code = format.codeMask();
  else if (isNan)
    decision.code = format.hasNan() ? nanCode(format, negative) : 0;
  else
    decision.code = overflowCode(format, negative);
  decision.truncatedCode = decision.code;
  return decision;
}

RoundingDecision decideNotPositive(const NumberFormat& format, Overflow overflow) {
  RoundingDecision decision;
  decision.noSuchValue = true;
  decision.code = decision.truncatedCode = overflow == Overflow::Saturate ? 0 : format.codeMask();
  return decision;
}

}  // namespace core::numeric::rules
