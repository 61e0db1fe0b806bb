#pragma once
#include <string>

#include "core/model/graph.h"

namespace core::model {

/// Appends operations to a Graph and names their results. Every architecture is written with it.
/// Each method makes a new value, except storeKv, which has none.
class GraphBuilder {
 public:
  /// @param weightBytes of all weights the graph will use
  explicit GraphBuilder(std::uint64_t weightBytes) { m_graph.weightBytes = weightBytes; }

  /// @return what Rope::table is to be
  std::uint32_t addRopeTable(RopeTable table);
  /// @return what StoreKv::layer and Attention::layer are to be
  std::uint32_t addLayer(const KvShape& shape);

  ValueId embed(std::string name, const quant::QuantizedTensorPtr& weight);
  ValueId embedPositions(std::string name, const EmbedPositions& positions);
  ValueId rmsNorm(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight, float epsilon);
  /// Without a weight, every so many columns for themselves.
  ValueId plainNorm(std::string name, ValueId in, std::uint32_t columns, float epsilon);
  ValueId layerNorm(std::string name, ValueId in, const LayerNorm& norm);
  ValueId matMul(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight,
                 const quant::QuantizedTensorPtr& bias = nullptr);
  ValueId rope(std::string name, ValueId in, const Rope& rope);
  void storeKv(ValueId key, ValueId value, std::uint32_t layer);
  ValueId attention(std::string name, ValueId query, const Attention& attention);
  ValueId glu(std::string name, ValueId gate, ValueId up, Activation activation);
  ValueId add(std::string name, ValueId a, ValueId b);
  ValueId map(std::string name, ValueId in, const Map& map);
  ValueId slice(std::string name, ValueId in, const Slice& slice, std::uint32_t width);
  ValueId mapColumns(std::string name, ValueId in, const MapColumns& columns);
  /// With a state of its own.
  ValueId shortConv(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight,
                    const quant::QuantizedTensorPtr& bias = nullptr);
  /// With a state of its own. @param in query, key, value, decay, strength
  ValueId linearAttention(std::string name, std::vector<ValueId> in, LinearAttention attention);
  /// @param y as many heads as x, or one of so many elements for all of them
  ValueId joinHeads(std::string name, ValueId x, ValueId y, const JoinHeads& join);
  /// @param logits of all experts
  ValueId route(std::string name, ValueId logits, const Route& route);
  /// @param in one row for all chosen experts, or one for each of them (ExpertMatMul)
  ValueId expertMatMul(std::string name, ValueId in, ValueId routes, const ExpertMatMul& product);
  /// @param width of a row of each expert
  ValueId mixExperts(std::string name, ValueId in, ValueId routes, std::uint32_t used, std::uint32_t width);
  ValueId takeRows(std::string name, ValueId in);

  Graph take() { return std::move(m_graph); }

 private:
  ValueId append(OpParameters parameters, std::vector<ValueId> inputs, std::string name, std::uint64_t width);
  std::uint32_t addState(std::uint64_t floats);
  std::uint32_t width(ValueId value) const { return m_graph.values[value].width; }

  Graph m_graph;
};

}  // namespace core::model
