#include "app/workspaces/bits/line_spacing.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace app {
namespace {

using Wide = LineSpacing::Wide;

constexpr Wide kMarginShare = 0.03L;  ///< of the whole range, beyond its first and last value

Wide wide(double value) { return static_cast<Wide>(value); }

double toDouble(Wide value) {
  constexpr auto kMost = static_cast<Wide>(std::numeric_limits<double>::max());
  return static_cast<double>(std::clamp(value, -kMost, kMost));
}

}  // namespace

QString nameOf(Spacing spacing) {
  return spacing == Spacing::Linear ? QStringLiteral("linear") : QStringLiteral("values");
}

std::optional<Spacing> findSpacing(const QString& name) {
  for (const Spacing spacing : {Spacing::Linear, Spacing::EvenValues})
    if (nameOf(spacing) == name) return spacing;
  return std::nullopt;
}

LineSpacing::LineSpacing(Spacing kind, CodeOrder order, double reference)
    : m_kind(kind),
      m_order(std::move(order)),
      m_reference(reference),
      m_place(std::min(m_order.firstAtLeast(reference), m_order.count() - 1)) {}

Wide LineSpacing::distanceOf(double value) const {
  return m_kind == Spacing::Linear ? wide(value) - wide(m_reference) : interpolated(value);
}

Wide LineSpacing::distanceOfDifference(double difference) const {
  if (m_kind == Spacing::Linear) return wide(difference);
  const bool up = difference > 0;
  const bool atEnd = up ? m_place + 1 == m_order.count() : m_place == 0;
  if (difference == 0 || m_order.count() < 2) return 0;
  // Within the gap to the neighbour, or beyond the last value, a double of the sum would say too little.
  const std::uint64_t neighbour = up != atEnd ? m_place + 1 : m_place - 1;
  const Wide gap = std::fabs(wide(m_order.valueAt(neighbour)) - wide(m_reference));
  const Wide part = wide(difference) / gap;
  return atEnd || std::fabs(part) <= 1 ? part : interpolated(toDouble(wide(m_reference) + wide(difference)));
}

Wide LineSpacing::distanceOfPlace(std::uint64_t place) const {
  if (m_kind == Spacing::Linear) return distanceOf(m_order.valueAt(place));
  return place >= m_place ? static_cast<Wide>(place - m_place) : -static_cast<Wide>(m_place - place);
}

Wide LineSpacing::interpolated(double value) const {
  const std::uint64_t count = m_order.count();
  if (count < 2) return 0;
  const std::uint64_t above = std::clamp<std::uint64_t>(m_order.firstAtLeast(value), 1, count - 1), below = above - 1;
  const Wide low = wide(m_order.valueAt(below)), high = wide(m_order.valueAt(above));
  if (!(low < high)) return distanceOfPlace(above);
  return distanceOfPlace(below) + (wide(value) - low) / (high - low);
}

double LineSpacing::valueAt(Wide distance) const {
  if (m_kind == Spacing::Linear) return toDouble(wide(m_reference) + distance);
  const Wide first = distanceOfPlace(0), last = distanceOfPlace(m_order.count() - 1);
  const Wide inside = std::clamp(distance, first, last), whole = std::floor(inside);
  const auto steps = static_cast<std::uint64_t>(std::fabs(whole));
  const std::uint64_t place = whole < 0 ? m_place - steps : m_place + steps;
  const Wide low = wide(m_order.valueAt(place));
  if (whole == inside) return toDouble(low);
  return toDouble(low + (inside - whole) * (wide(m_order.valueAt(place + 1)) - low));
}

std::uint64_t LineSpacing::firstFrom(Wide distance) const {
  const std::uint64_t count = m_order.count();
  if (m_kind == Spacing::EvenValues) {
    if (distance <= distanceOfPlace(0)) return 0;
    if (distance > distanceOfPlace(count - 1)) return count;
    const Wide whole = std::ceil(distance);
    const auto steps = static_cast<std::uint64_t>(std::fabs(whole));
    return whole < 0 ? m_place - steps : m_place + steps;
  }
  // The value there was rounded to a double: the place may be one off.
  std::uint64_t place = m_order.firstAtLeast(valueAt(distance));
  while (place < count && distanceOfPlace(place) < distance) ++place;
  while (place > 0 && distanceOfPlace(place - 1) >= distance) --place;
  return place;
}

Wide LineSpacing::linearEnd() const {
  const double largest = std::max(std::fabs(m_order.smallest()), std::fabs(m_order.largest()));
  return (1 + 2 * kMarginShare) * wide(std::max(largest, std::fabs(m_reference)));
}

Wide LineSpacing::lowest() const {
  if (m_kind == Spacing::Linear) return -linearEnd() - wide(m_reference);
  const Wide room = kMarginShare * static_cast<Wide>(m_order.count());
  return distanceOfPlace(0) - std::max(room, Wide{1});
}

Wide LineSpacing::highest() const {
  if (m_kind == Spacing::Linear) return linearEnd() - wide(m_reference);
  const Wide room = kMarginShare * static_cast<Wide>(m_order.count());
  return distanceOfPlace(m_order.count() - 1) + std::max(room, Wide{1});
}

Wide LineSpacing::step() const {
  if (m_kind == Spacing::EvenValues || m_order.count() < 2) return 1;
  Wide gap = 0;  // the larger of both: at a power of two they differ
  if (m_place + 1 < m_order.count()) gap = std::fabs(distanceOfPlace(m_place + 1));
  if (m_place > 0) gap = std::max(gap, std::fabs(distanceOfPlace(m_place - 1)));
  return std::max(wide(std::numeric_limits<double>::denorm_min()), gap);
}

}  // namespace app
