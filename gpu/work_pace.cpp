#include "gpu/work_pace.h"

#include <algorithm>

namespace gpu {

void WorkPace::learn(double work, double seconds) {
  if (m_isFixed || work <= 0) return;
  const double fitting = work * kSeconds / std::max(seconds, 1e-6);
  // Short submissions take as long as it takes to start one: they say nothing of how much a long one may hold.
  const bool isFull = work > m_limit / 2;
  if (seconds > 2 * kSeconds) {
    m_limit = std::max(kLeastLimit, std::min(m_limit, fitting));
  } else if (isFull) {
    m_limit = std::clamp(fitting, m_limit, 4 * m_limit);
  }
}

}  // namespace gpu
