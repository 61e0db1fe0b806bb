#include "core/evaluate/worst_positions.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace core::evaluate {

bool isWorse(const WorstPosition& first, const WorstPosition& second) {
  if (first.kl != second.kl) return first.kl > second.kl;
  return std::tie(first.block, first.passage, first.position) < std::tie(second.block, second.passage, second.position);
}

void WorstPositions::add(const WorstPosition& position) {
  if (!std::isfinite(position.kl) || m_most == 0) return;
  if (m_heap.size() == m_most) {
    if (!isWorse(position, m_heap.front())) return;
    std::ranges::pop_heap(m_heap, isWorse);
    m_heap.pop_back();
  }
  m_heap.push_back(position);
  std::ranges::push_heap(m_heap, isWorse);
}

void WorstPositions::add(const WorstPositions& part) {
  for (const WorstPosition& position : part.m_heap) add(position);
}

std::vector<WorstPosition> WorstPositions::sorted() const {
  auto all = m_heap;
  std::ranges::sort(all, isWorse);
  return all;
}

}  // namespace core::evaluate
