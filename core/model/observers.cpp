#include "core/model/observers.h"

#include <algorithm>

namespace core::model {

Subscription Observers::add(std::vector<ValueId> values, Hook hook) {
  std::ranges::sort(values);
  auto hooked = std::make_shared<const Hooked>(Hooked{std::move(values), std::move(hook)});
  m_hooks.push_back(hooked);
  return hooked;
}

ColumnSums Observers::addSums(const Graph& graph, std::vector<ValueId> values) {
  auto summed = std::make_shared<Summed>();
  for (const ValueId value : values) summed->sums.emplace_back(graph.values[value].width);
  summed->values = std::move(values);
  m_summers.push_back(summed);
  return {summed, &summed->sums};
}

void Observers::begin(const Graph& graph) {
  m_sums.clear();
  m_watches.clear();
  const auto isOver = [](const auto& subscription) { return subscription.expired(); };
  std::erase_if(m_hooks, isOver);
  std::erase_if(m_summers, isOver);
  m_shown = m_hooks;
  m_summed = m_summers;
  if (m_hooks.empty() && m_summers.empty()) return;
  std::vector<Watch> watches(graph.values.size());
  for (const auto& weak : m_shown) {
    const auto hooked = weak.lock();
    if (!hooked) continue;  // another thread has ended it just now
    for (const ValueId value : hooked->values) watches[value].data = true;
  }
  for (const auto& weak : m_summed) {
    const auto summed = weak.lock();
    if (!summed) continue;
    for (const ValueId value : summed->values) {
      watches[value].columns = true;
      m_sums.try_emplace(value, graph.values[value].width);
    }
  }
  if (std::ranges::any_of(watches, [](const Watch& watch) { return static_cast<bool>(watch); }))
    m_watches = std::move(watches);
}

void Observers::keep() {
  for (const auto& weak : m_summed) {
    const auto summed = weak.lock();
    if (!summed) continue;
    for (std::size_t i = 0; i < summed->values.size(); ++i) summed->sums[i].add(m_sums.at(summed->values[i]));
  }
  m_sums.clear();
}

void Observers::show(const Observation& observation) const {
  for (const auto& weak : m_shown) {
    const auto hooked = weak.lock();  // keeps the hook while it runs, should it end its own subscription
    if (hooked && std::ranges::binary_search(hooked->values, observation.value)) hooked->hook(observation);
  }
}

}  // namespace core::model
