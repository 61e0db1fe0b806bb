#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "core/model/op.h"

namespace core::model::ops {

/// What a Route makes of one token's logits.
template <typename Real>
class RouteChoice {
 public:
  /// @param bias [experts], or empty. Has to outlive this
  RouteChoice(const Route& route, std::span<const Real> bias, std::size_t experts)
      : m_route(route), m_bias(bias), m_scores(experts), m_ranks(experts), m_isTaken(experts) {
    m_chosen.resize(route.used);
  }

  /// @param logits [experts]
  void choose(const Real* logits) {
    score(logits);
    std::fill(m_isTaken.begin(), m_isTaken.end(), 0);
    if (m_route.groups > 1) leaveGroups();
    m_sum = static_cast<double>(m_route.sumEpsilon);
    for (std::size_t& expert : m_chosen) {
      expert = nextLargest(m_ranks, m_isTaken);
      m_isTaken[expert] = 1;
      m_sum += m_scores[expert];
    }
  }

  const std::vector<std::size_t>& chosen() const { return m_chosen; }  ///< the best one first
  const std::vector<double>& scores() const { return m_scores; }       ///< [experts]
  /// What scores are divided by to be weights.
  double divisor() const { return m_route.isNormed ? m_sum : 1.0; }

 private:
  /// The largest one that was not taken yet, of equal ones the first.
  static std::size_t nextLargest(std::span<const Real> values, std::span<const char> isTaken) {
    std::size_t best = values.size();
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!isTaken[i] && (best == values.size() || values[i] > values[best])) best = i;
    return best;
  }

  void score(const Real* logits) {
    const std::size_t experts = m_scores.size();
    const Real largest = *std::max_element(logits, logits + experts);
    double total = 0.0;
    for (std::size_t i = 0; i < experts; ++i) {
      m_scores[i] =
          static_cast<double>(m_route.isSigmoid ? 1 / (1 + std::exp(-logits[i])) : std::exp(logits[i] - largest));
      total += m_scores[i];
    }
    for (double& score : m_scores)
      if (!m_route.isSigmoid) score /= total;
    // Scores rise with logits, but fewer of them are equal.
    const bool areLogits = m_bias.empty() && m_route.groups <= 1;
    for (std::size_t i = 0; i < experts; ++i)
      m_ranks[i] = areLogits ? logits[i] : static_cast<Real>(m_scores[i]) + (m_bias.empty() ? 0 : m_bias[i]);
  }

  /// Takes the experts of all but the best groups.
  void leaveGroups() {
    const std::size_t groups = m_route.groups, each = m_ranks.size() / groups;
    std::vector<Real> ranks(groups);
    for (std::size_t group = 0; group < groups; ++group) {
      const std::span<const Real> own = std::span<const Real>(m_ranks).subspan(group * each, each);
      Real largest = own[0], next = -std::numeric_limits<Real>::infinity();
      for (const Real rank : own.subspan(1)) {
        next = rank > largest ? largest : std::max(next, rank);
        largest = std::max(largest, rank);
      }
      ranks[group] = m_route.areGroupsOfTwo && each > 1 ? largest + next : largest;
    }
    std::vector<char> isUsed(groups, 0);
    for (std::size_t i = 0; i < m_route.usedGroups; ++i) isUsed[nextLargest(ranks, isUsed)] = 1;
    for (std::size_t i = 0; i < m_isTaken.size(); ++i) m_isTaken[i] = isUsed[i / each] != 0 ? 0 : 1;
  }

  const Route& m_route;
  std::span<const Real> m_bias;
  std::vector<double> m_scores;
  std::vector<Real> m_ranks;  ///< what is chosen by
  std::vector<char> m_isTaken;
  std::vector<std::size_t> m_chosen;
  double m_sum = 0.0;
};

}  // namespace core::model::ops
