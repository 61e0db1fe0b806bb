#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/trace/ranking.h"

namespace core::trace {

/// Keeps the candidates of which most is expected, however many are offered.
class Largest {
 public:
  explicit Largest(std::size_t keep) : m_keep(keep) {}

  void offer(const Candidate& candidate) {
    if (!(candidate.expected > m_least)) return;
    m_kept.push_back(candidate);
    if (m_kept.size() >= 2 * m_keep) cut();
  }
  /// The most expected first; ties by their place.
  std::vector<Candidate> take() {
    if (m_kept.size() > m_keep) cut();
    std::ranges::sort(m_kept, isBefore);
    return std::move(m_kept);
  }

 private:
  static bool isBefore(const Candidate& a, const Candidate& b) {
    if (a.expected != b.expected) return a.expected > b.expected;
    return a.tensor != b.tensor ? a.tensor < b.tensor : a.first < b.first;
  }
  void cut() {
    const auto end = m_kept.begin() + static_cast<std::ptrdiff_t>(m_keep);
    std::ranges::nth_element(m_kept, end, isBefore);
    m_kept.erase(end, m_kept.end());
    m_least = std::ranges::min(m_kept, {}, &Candidate::expected).expected;
  }

  std::size_t m_keep;
  float m_least = 0.0F;
  std::vector<Candidate> m_kept;
};

}  // namespace core::trace
