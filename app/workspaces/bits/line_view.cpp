#include "app/workspaces/bits/line_view.h"

#include <algorithm>
#include <cmath>

namespace app {
namespace {

constexpr LineView::Wide kNotches = 36;  ///< from end to end
constexpr LineView::Wide kGentlest = 1.25L, kSteepest = 1e10L;

}  // namespace

void LineView::setLimits(Wide smallestHalf, Wide lowest, Wide highest) {
  m_lowest = lowest;
  m_highest = highest;
  m_smallest = std::min(smallestHalf, largestHalf());
  clamp();
}

void LineView::show(Wide half) {
  m_center = 0;
  m_half = half;
  clamp();
}

void LineView::moveReference(Wide to) { m_center -= to; }

double LineView::toAxis(Wide distance) const { return static_cast<double>((distance - m_center) / m_half); }

LineView::Wide LineView::fromAxis(double place) const { return m_center + static_cast<Wide>(place) * m_half; }

bool LineView::contains(Wide distance) const { return std::fabs(toAxis(distance)) <= 1; }

void LineView::zoom(Wide factor, double place) {
  const Wide fixed = m_center + static_cast<Wide>(place) * m_half;
  const Wide before = m_half;
  m_half = std::clamp(m_half * factor, m_smallest, largestHalf());
  if (m_half == before) return;
  m_center = fixed - static_cast<Wide>(place) * m_half;
  clamp();
}

void LineView::pan(double share) {
  m_center += static_cast<Wide>(share) * m_half;
  clamp();
}

LineView::Wide LineView::notch() const {
  return std::clamp(std::pow(largestHalf() / m_smallest, 1 / kNotches), kGentlest, kSteepest);
}

void LineView::clamp() {
  m_half = std::clamp(m_half, m_smallest, largestHalf());
  m_center = std::clamp(m_center, m_lowest + m_half, std::max(m_lowest + m_half, m_highest - m_half));
}

}  // namespace app
