#include "core/numeric/nearest_value.h"

#include <bit>
#include <cmath>
#include <limits>

#include "core/numeric/rounding_rules.h"
#include "core/numeric/sorted_code_book.h"

namespace core::numeric {

namespace {

/// Adding and taking away 1.5 · 2^52 units leaves whole units, rounded to even by the machine.
double roundedToUnits(double x, double unit) {
  const double magic = 0x1.8p52 * unit;
  return (x + magic) - magic;
}

constexpr std::uint32_t kWidestMantissa = 50;  // so that a sum with the magic number has units as its last place
constexpr double kSmall = 0x1p-900, kLarge = 0x1p900;

}  // namespace

NearestValue::NearestValue(const NumberFormat& format, const CodeScale& scale, Overflow overflow)
    : m_format(format), m_scale(scale), m_overflow(overflow) {
  if (format.isScaled()) requireUsable(scale);
  if (format.kind == FormatKind::Float) {
    m_largest = decode(format, format.maxFiniteCode());
    const bool stays = overflow == Overflow::Saturate || format.specials == Specials::None;
    m_beyondLargest = stays ? m_largest : decode(format, rules::overflowCode(format, false));
  }
  if (format.isInteger()) {
    m_low = static_cast<double>(format.minInteger() - scale.zeroPoint);
    m_high = static_cast<double>(format.maxInteger() - scale.zeroPoint);
  }
  if (format.kind == FormatKind::CodeBook) {
    const SortedCodeBook book(format.codeBook);
    m_entryCount = book.size();
    for (std::size_t i = 0; i < book.size(); ++i) {
      m_entries[i] = book.value(i);
      if (i > 0) m_middles[i - 1] = (book.value(i - 1) + book.value(i)) / 2;  // exact for 4-bit books
    }
  }
  if (!scale.exactScale || !format.isScaled()) return;
  // A subnormal double may be far from what it stands for: every quotient by it is in doubt.
  m_slack = std::isnormal(scale.scale) ? 0x1p-50 : std::numeric_limits<double>::infinity();
  const std::size_t count = format.isInteger() ? static_cast<std::size_t>(format.codeMask()) + 1 : m_entryCount;
  for (std::size_t i = 0; i < count; ++i) {
    const double steps = format.isInteger() ? m_low + static_cast<double>(i) : m_entries[i];
    m_decoded.push_back(nearestDouble(scale.factor() * ExactNumber::fromDouble(steps)));
  }
}

double NearestValue::scaled(double steps, std::size_t index) const {
  return m_decoded.empty() ? m_scale.scale * steps : m_decoded[index];
}

NearestValue::Landing NearestValue::operator()(double x) const {
  switch (m_format.kind) {
    case FormatKind::Float:
      return toFloat(x);
    case FormatKind::CodeBook:
      return toEntry(x);
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger:
      return toInteger(x);
    case FormatKind::PowerOfTwo:
      break;
  }
  return exactly(x);
}

NearestValue::Landing NearestValue::exactly(double x) const {
  const RoundingDecision decision = decideRounding(m_format, x, {}, m_overflow, m_scale);
  return {decode(m_format, decision.code, m_scale), decision.overflow};
}

NearestValue::Landing NearestValue::toFloat(double x) const {
  if (m_format.id == FormatId::Fp64) return {x, false};
  const double magnitude = std::abs(x);
  // Without mantissa bits every number is one unit of its own binade: ties look at the exponent, not at the unit.
  if (m_format.mantissaBits == 0 || m_format.mantissaBits > kWidestMantissa || magnitude < kSmall || magnitude > kLarge)
    return exactly(x);
  const int field = static_cast<int>(std::bit_cast<std::uint64_t>(magnitude) >> 52);
  const int smallest = 1 - m_format.bias, exponent = std::max(field - 1023, smallest);
  if (exponent < -900 || exponent > 900) return exactly(x);
  const int unitExponent = exponent - static_cast<int>(m_format.mantissaBits);
  double rounded =
      roundedToUnits(magnitude, std::bit_cast<double>(static_cast<std::uint64_t>(unitExponent + 1023) << 52));
  if (!m_format.hasSubnormals && field - 1023 < smallest) {
    const double least = std::ldexp(1.0, smallest);
    rounded = magnitude > least / 2 ? least : 0;  // a tie goes to zero
  }
  const bool beyond = rounded > m_largest;
  if (beyond) rounded = m_beyondLargest;
  return {std::copysign(rounded, rounded == 0 && !m_format.hasNegativeZero() ? 1.0 : x), beyond};
}

NearestValue::Landing NearestValue::toInteger(double x) const {
  const double quotient = x / m_scale.scale;
  if (!(std::abs(quotient) < 0x1p50)) return exactly(x);
  const double steps = roundedToUnits(quotient, 1.0);
  // The quotient is rounded: on a middle it does not tell on which side of it the number lies.
  const bool onBorder = std::abs(quotient - steps) >= 0.5 - m_slack * std::abs(quotient);
  if (onBorder && (m_scale.scale != 1 || m_slack > 0)) return exactly(x);
  const double kept = std::clamp(steps, m_low, m_high);
  return {scaled(kept, static_cast<std::size_t>(kept - m_low)), kept != steps};
}

NearestValue::Landing NearestValue::toEntry(double x) const {
  const double quotient = x / m_scale.scale;
  std::size_t index = 0;
  const auto isAt = [&](double border) { return std::abs(quotient - border) <= m_slack * std::abs(quotient); };
  bool onBorder = isAt(m_entries[0]) || isAt(m_entries[m_entryCount - 1]);
  for (std::size_t i = 0; i + 1 < m_entryCount; ++i) {
    index += quotient > m_middles[i] ? 1U : 0U;
    onBorder = onBorder || isAt(m_middles[i]);
  }
  if ((onBorder && (m_scale.scale != 1 || m_slack > 0)) || !(std::abs(quotient) > kSmall || x == 0)) return exactly(x);
  const bool beyond = quotient < m_entries[0] || quotient > m_entries[m_entryCount - 1];
  return {scaled(m_entries[index], index), beyond};
}

}  // namespace core::numeric
