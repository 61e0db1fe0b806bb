#include "core/numeric/rounding.h"

#include <bit>
#include <cmath>
#include <limits>

#include "core/numeric/rounding_rules.h"

namespace core::numeric {

namespace {

struct DoubleCut : rules::CutBits {
  double fraction = 0;
  int compareFraction(double other) const { return fraction < other ? -1 : fraction > other ? 1 : 0; }
  void store(RoundingDecision& decision) const { decision.fraction = fraction; }
  static void storeCertain(RoundingDecision& decision) { decision.fraction = 1; }
};

/// significand · 2^exponent, significand < 2^53.
class DoubleMagnitude {
 public:
  using Cut = DoubleCut;
  using Decision = RoundingDecision;

  explicit DoubleMagnitude(double value) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    const int field = static_cast<int>((bits >> 52) & 0x7ffU);
    m_significand = field == 0 ? fraction : fraction | (std::uint64_t{1} << 52);
    m_exponent = field == 0 ? -1074 : field - 1075;
  }

  bool isZero() const { return m_significand == 0; }
  int log2() const { return m_exponent + static_cast<int>(std::bit_width(m_significand)) - 1; }

  DoubleCut cut(int lowest) const {
    DoubleCut cut;
    const int shift = lowest - m_exponent;
    if (shift <= 0) {
      cut.kept = m_significand << -shift;
      return cut;
    }
    const auto lowBits = [&](int count) {
      return count >= 64 ? m_significand : count <= 0 ? 0 : m_significand & ((std::uint64_t{1} << count) - 1);
    };
    const auto bit = [&](int index) { return index >= 0 && index < 64 && ((m_significand >> index) & 1U) != 0; };
    cut.kept = shift < 64 ? m_significand >> shift : 0;
    cut.guard = bit(shift - 1);
    cut.round = bit(shift - 2);
    cut.sticky = lowBits(shift - 2) != 0;
    if (const std::uint64_t rest = lowBits(shift); rest != 0)
      cut.fraction = std::max(std::ldexp(static_cast<double>(rest), -shift), std::numeric_limits<double>::denorm_min());
    return cut;
  }

 private:
  std::uint64_t m_significand = 0;
  int m_exponent = 0;
};

/// Whether value / scale is a double, shown by a remainder that cannot have vanished.
bool dividesExactly(double value, double scale, double quotient) {
  constexpr double kSmall = 0x1p-400, kLarge = 0x1p400;
  const auto isPlain = [](double x) { return std::abs(x) > kSmall && std::abs(x) < kLarge; };
  if (value == 0 || scale == 1) return true;
  return isPlain(value) && isPlain(scale) && std::fma(quotient, scale, -value) == 0;
}

}  // namespace

RoundingDecision decideRounding(const NumberFormat& format, double value, RoundingRule rule, Overflow overflow,
                                const CodeScale& scale) {
  const bool negative = std::signbit(value);
  if (format.isScaled()) requireUsable(scale);
  if (!std::isfinite(value)) return rules::decideSpecial(format, std::isnan(value), negative, scale);
  switch (format.kind) {
    case FormatKind::Float:
      return rules::decideFloat(format, DoubleMagnitude(value), negative, rule, overflow);
    case FormatKind::PowerOfTwo:
      if (negative || value == 0) return rules::decideNotPositive(format, overflow);
      return rules::decidePowerOfTwo(format, DoubleMagnitude(value), rule, overflow);
    case FormatKind::CodeBook:
      break;
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger: {
      if (scale.exactScale) break;
      const double quotient = value / scale.scale;
      if (dividesExactly(value, scale.scale, quotient))
        return rules::decideInteger(format, DoubleMagnitude(quotient), negative, rule, scale);
    }
  }
  return decideRounding(format, ExactNumber::fromDouble(value), rule, overflow, scale);
}

}  // namespace core::numeric
