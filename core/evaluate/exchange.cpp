#include "core/evaluate/exchange.h"

#include <utility>
#include <vector>

#include "core/base/error.h"

namespace core::evaluate {

namespace {

/// Every tensor in the order of its uses.
std::vector<quant::QuantizedTensorPtr> usedBy(const model::Graph& graph) {
  std::vector<quant::QuantizedTensorPtr> used;
  for (const model::Op& op : graph.ops) {
    if (const auto* const weight = op.weight()) used.push_back(*weight);
    if (const auto* const vector = op.vector(); vector != nullptr && *vector) used.push_back(*vector);
  }
  return used;
}

}  // namespace

Exchanged differingTensors(const model::Graph& reference, const model::Graph& compared) {
  const auto own = usedBy(reference), other = usedBy(compared);
  if (own.size() != other.size())
    throw Error(ErrorCode::Unsupported,
                "The models do not compute the same operations, so no tensor stands for another.");
  Exchanged differing;
  for (std::size_t i = 0; i < own.size(); ++i)
    if (own[i] != other[i]) differing[own[i]->name] = other[i];
  return differing;
}

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
