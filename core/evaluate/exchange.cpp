#include "core/evaluate/exchange.h"

#include <utility>

namespace core::evaluate {

std::string keyOf(const Exchanged& tensors) {
  std::string key;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor->scheme) return {};
    key += name + '=' + tensor->scheme->toString() + '\n';
  }
  return key;
}

BlockRatio ExchangeMeter::measure(const Exchanged& tensors, const JobContext& job) {
  const std::string key = keyOf(tensors);
  if (m_store != nullptr && !key.empty())
    if (auto known = m_store->find(key)) return *std::move(known);
  BlockRatio divergence = compute(tensors, job);
  if (m_store != nullptr && !key.empty()) m_store->add(key, divergence);
  return divergence;
}

BlockRatio ExchangeMeter::compute(const Exchanged& tensors, const JobContext& job) {
  if (const auto base = std::exchange(m_pendingBase, std::nullopt)) {
    ++m_computed;
    BlockRatio ofBase = m_meter.setBase(m_graphOf(*base), job);
    if (*base == tensors) return ofBase;
  }
  ++m_computed;
  return m_meter.measure(m_graphOf(tensors), job);
}

BlockRatio ExchangeMeter::setBase(Exchanged tensors, const JobContext& job) {
  m_pendingBase = tensors;
  return measure(tensors, job);
}

}  // namespace core::evaluate
