#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/evaluate/divergence_meter.h"
#include "core/model/graph.h"

namespace core::evaluate {

/// Tensors by name that stand in place of the reference's own.
using Exchanged = std::map<std::string, quant::QuantizedTensorPtr>;
/// The reference with these tensors in place of its own. Tensors that two of them share should be the same objects.
using GraphOf = std::function<model::Graph(const Exchanged& tensors)>;

/// What a graph of the same architecture computes with in place of the reference's tensors, under the reference's
/// names.
/// @throws Error (Unsupported) when they do not use tensors in the same order
Exchanged differingTensors(const model::Graph& reference, const model::Graph& compared);

/// What says which tensors were exchanged for what, to recognise a measurement: "blk.0.attn_q.weight=int4\n…". Empty
/// for one that no scheme describes. What a scheme was made with (a calibration) is the store's to know.
std::string keyOf(const Exchanged& tensors);

/// Where measurements are kept from one run to the next, of one reference on one text. Thread-safe.
class DivergenceStore {
 public:
  DivergenceStore() = default;
  virtual ~DivergenceStore() = default;
  DivergenceStore(const DivergenceStore&) = delete;
  DivergenceStore& operator=(const DivergenceStore&) = delete;

  virtual std::optional<BlockRatio> find(const std::string& key) const = 0;
  virtual void add(const std::string& key, const BlockRatio& divergence) = 0;
};

/// Measures models that are the reference with some tensors exchanged; what is known is not measured again.
class ExchangeMeter {
 public:
  /// @param store may be null. All outlive this.
  ExchangeMeter(DivergenceMeter& meter, GraphOf graphOf, DivergenceStore* store)
      : m_meter(meter), m_graphOf(std::move(graphOf)), m_store(store) {}

  /// As DivergenceMeter::measure
  BlockRatio measure(const Exchanged& tensors, const JobContext& job);
  /// Models that follow differ little from this one; it is measured. It is computed when the first of them asks.
  BlockRatio setBase(Exchanged tensors, const JobContext& job);
  /// Measurements that were computed.
  std::size_t computed() const { return m_computed; }
  const DivergenceMeter& meter() const { return m_meter; }

 private:
  BlockRatio compute(const Exchanged& tensors, const JobContext& job);

  DivergenceMeter& m_meter;
  GraphOf m_graphOf;
  DivergenceStore* m_store;
  std::optional<Exchanged> m_pendingBase;
  std::size_t m_computed = 0;
};

}  // namespace core::evaluate
