#include <cmath>
#include <limits>

#include "core/numeric/rounding.h"
#include "core/numeric/rounding_rules.h"
#include "core/numeric/sorted_code_book.h"

namespace core::numeric {

namespace {

/// A fraction in (0, 1) as a double that is neither.
double fractionAsDouble(const ExactNumber& fraction) {
  if (fraction.isZero()) return 0;
  const double below = std::nextafter(1.0, 0.0);
  return std::clamp(nearestDouble(fraction), std::numeric_limits<double>::denorm_min(), below);
}

struct ExactCut : rules::CutBits {
  ExactNumber fraction;

  /// Bits and fraction of what is cut off.
  void setFraction(ExactNumber part) {
    fraction = std::move(part);
    const auto [half, belowHalf] = fraction.timesPowerOfTwo(1).parts();
    const auto [quarter, belowQuarter] = belowHalf.timesPowerOfTwo(1).parts();
    guard = half != 0;
    round = quarter != 0;
    sticky = !belowQuarter.isZero();
  }
  int compareFraction(double other) const { return fraction.compare(ExactNumber::fromDouble(other)); }
  void store(ExactRoundingDecision& decision) const { decision.exactFraction = fraction; }
  static void storeCertain(ExactRoundingDecision& decision) { decision.exactFraction = ExactNumber::fromInteger(1); }
};

class ExactMagnitude {
 public:
  using Cut = ExactCut;
  using Decision = ExactRoundingDecision;

  explicit ExactMagnitude(const ExactNumber& value) : m_value(value.magnitude()) {
    if (!m_value.isZero()) m_log2 = m_value.floorLog2();
  }
  bool isZero() const { return m_value.isZero(); }
  int log2() const { return m_log2; }
  ExactCut cut(int lowest) const {
    auto [whole, fraction] = m_value.timesPowerOfTwo(-lowest).parts();
    ExactCut cut;
    cut.kept = whole;
    cut.setFraction(std::move(fraction));
    return cut;
  }

 private:
  ExactNumber m_value;
  int m_log2 = 0;
};

ExactNumber entry(const SortedCodeBook& book, std::size_t index) { return ExactNumber::fromDouble(book.value(index)); }

/// The entry farthest from zero that is not beyond the number. @pre the book contains 0
std::size_t towardZero(const SortedCodeBook& book, const ExactNumber& x) {
  std::size_t index = book.indexOf(0.0F);
  if (x.isNegative())
    while (index > 0 && entry(book, index - 1).compare(x) >= 0) --index;
  else
    while (index + 1 < book.size() && entry(book, index + 1).compare(x) <= 0) ++index;
  return index;
}

ExactRoundingDecision decideCodeBook(const NumberFormat& format, const ExactNumber& value, const RoundingRule& rule,
                                     const CodeScale& scale) {
  ExactRoundingDecision decision;
  const SortedCodeBook book(format.codeBook);
  const ExactNumber x = value / scale.factor();
  const std::size_t near = towardZero(book, x);
  decision.code = decision.truncatedCode = book.code(near);
  const ExactNumber rest = x - entry(book, near);
  if (rest.isZero()) return decision;
  decision.direction = RoundingDirection::TowardZero;
  if (near == (x.isNegative() ? 0 : book.size() - 1)) {
    decision.overflow = true;
    return decision;
  }
  const std::size_t far = x.isNegative() ? near - 1 : near + 1;
  ExactCut cut;
  cut.setFraction(rest / (entry(book, far) - entry(book, near)));
  const bool tieGoesToLower = x.isNegative();  // bitsandbytes: the lower value is the one away from zero
  const bool away = rules::goesAway(cut, rule, value.isNegative(), tieGoesToLower);
  rules::describe(cut, away, decision);
  decision.hasBits = decision.guard = decision.round = decision.sticky = false;  // there is no last place
  if (away) decision.code = book.code(far);
  decision.underflow = !away && book.value(near) == 0.0;
  return decision;
}

ExactRoundingDecision decideFinite(const NumberFormat& format, const ExactNumber& value, const RoundingRule& rule,
                                   Overflow overflow, const CodeScale& scale) {
  switch (format.kind) {
    case FormatKind::Float:
      return rules::decideFloat(format, ExactMagnitude(value), value.isNegative(), rule, overflow);
    case FormatKind::PowerOfTwo:
      return rules::decidePowerOfTwo(format, ExactMagnitude(value), rule, overflow);
    case FormatKind::CodeBook:
      return decideCodeBook(format, value, rule, scale);
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger:
      break;
  }
  const ExactNumber steps = value / scale.factor();
  return rules::decideInteger(format, ExactMagnitude(steps), value.isNegative(), rule, scale);
}

}  // namespace

ExactRoundingDecision decideRounding(const NumberFormat& format, const ExactNumber& value, RoundingRule rule,
                                     Overflow overflow, const CodeScale& scale) {
  if (format.isScaled()) requireUsable(scale);
  if (!value.isFinite()) return {rules::decideSpecial(format, value.isNan(), value.isNegative(), scale), {}};
  if (format.kind == FormatKind::PowerOfTwo && (value.isNegative() || value.isZero()))
    return {rules::decideNotPositive(format, overflow), {}};
  ExactRoundingDecision decision = decideFinite(format, value, rule, overflow, scale);
  const bool certain = decision.exactFraction.compare(ExactNumber::fromInteger(1)) == 0;
  decision.fraction = certain ? 1 : fractionAsDouble(decision.exactFraction);
  return decision;
}

double nearestDouble(const ExactNumber& value) {
  const NumberFormat& format = numberFormat(FormatId::Fp64);
  // Not decideRounding: that fills in a fraction as a double, by way of this function.
  if (!value.isFinite())
    return decode(format, rules::decideSpecial(format, value.isNan(), value.isNegative(), {}).code);
  return decode(format,
                rules::decideFloat(format, ExactMagnitude(value), value.isNegative(), {}, Overflow::AsFormat).code);
}

}  // namespace core::numeric
