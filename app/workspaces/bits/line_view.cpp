#include "app/workspaces/bits/line_view.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace app {
namespace {

constexpr LineView::Wide kNotches = 36;  ///< from end to end
constexpr LineView::Wide kGentlest = 1.25L, kSteepest = 1e10L;

double toDouble(LineView::Wide value) {
  constexpr auto kMost = static_cast<LineView::Wide>(std::numeric_limits<double>::max());
  return static_cast<double>(std::clamp(value, -kMost, kMost));
}

}  // namespace

void LineView::setLimits(Wide smallestHalf, Wide largestHalf) {
  m_smallest = smallestHalf;
  m_largest = std::max(smallestHalf, largestHalf);
  clamp();
}

void LineView::show(double reference, Wide half) {
  m_reference = reference;
  m_center = 0;
  m_half = half;
  clamp();
}

void LineView::setReference(double reference) {
  m_center += static_cast<Wide>(m_reference) - static_cast<Wide>(reference);
  m_reference = reference;
}

double LineView::toAxis(double value) const {
  return static_cast<double>((static_cast<Wide>(value) - static_cast<Wide>(m_reference) - m_center) / m_half);
}

double LineView::fromAxis(double place) const {
  return toDouble(static_cast<Wide>(m_reference) + m_center + static_cast<Wide>(place) * m_half);
}

bool LineView::contains(double value) const { return std::fabs(toAxis(value)) <= 1; }

void LineView::zoom(Wide factor, double place) {
  const Wide fixed = m_center + static_cast<Wide>(place) * m_half;
  const Wide before = m_half;
  m_half = std::clamp(m_half * factor, m_smallest, m_largest);
  if (m_half == before) return;
  m_center = fixed - static_cast<Wide>(place) * m_half;
  clamp();
}

void LineView::pan(double share) {
  m_center += static_cast<Wide>(share) * m_half;
  clamp();
}

LineView::Wide LineView::notch() const {
  return std::clamp(std::pow(m_largest / m_smallest, 1 / kNotches), kGentlest, kSteepest);
}

void LineView::clamp() {
  m_half = std::clamp(m_half, m_smallest, m_largest);
  const Wide middle = static_cast<Wide>(m_reference) + m_center, room = m_largest - m_half;
  m_center += std::clamp(middle, -room, room) - middle;
}

}  // namespace app
