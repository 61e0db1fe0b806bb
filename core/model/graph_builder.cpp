#include "core/model/graph_builder.h"

#include <cassert>

namespace core::model {

std::uint32_t GraphBuilder::addRopeTable(RopeTable table) {
  m_graph.ropeTables.push_back(std::move(table));
  return static_cast<std::uint32_t>(m_graph.ropeTables.size() - 1);
}

std::uint32_t GraphBuilder::addLayer(const KvShape& shape) {
  m_graph.kv.push_back(shape);
  return static_cast<std::uint32_t>(m_graph.kv.size() - 1);
}

ValueId GraphBuilder::append(OpParameters parameters, std::vector<ValueId> inputs, std::string name,
                             std::uint64_t width) {
  const auto out = static_cast<ValueId>(m_graph.values.size());
  m_graph.values.push_back({std::move(name), static_cast<std::uint32_t>(width)});
  m_graph.ops.push_back({std::move(parameters), std::move(inputs), out});
  return out;
}

ValueId GraphBuilder::embed(std::string name, const quant::QuantizedTensorPtr& weight) {
  return append(Embed{weight}, {}, std::move(name), weight->rowValues());
}

ValueId GraphBuilder::embedPositions(std::string name, const EmbedPositions& positions) {
  assert(positions.first < positions.weight->rows());
  return append(positions, {}, std::move(name), positions.weight->rowValues());
}

ValueId GraphBuilder::rmsNorm(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight, float epsilon) {
  assert(width(in) % weight->shape.count() == 0);
  return append(RmsNorm{weight, epsilon}, {in}, std::move(name), width(in));
}

ValueId GraphBuilder::plainNorm(std::string name, ValueId in, std::uint32_t columns, float epsilon) {
  assert(width(in) % columns == 0);
  return append(RmsNorm{nullptr, epsilon, columns}, {in}, std::move(name), width(in));
}

ValueId GraphBuilder::layerNorm(std::string name, ValueId in, const LayerNorm& norm) {
  assert(width(in) % norm.weight->shape.count() == 0);
  return append(norm, {in}, std::move(name), width(in));
}

ValueId GraphBuilder::matMul(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight,
                             const quant::QuantizedTensorPtr& bias) {
  assert(weight->rowValues() == width(in));
  return append(MatMul{weight, bias}, {in}, std::move(name), weight->rows());
}

ValueId GraphBuilder::rope(std::string name, ValueId in, const Rope& rope) {
  assert(width(in) % rope.headSize == 0 && 2 * m_graph.ropeTables[rope.table].frequencies.size() <= rope.headSize);
  return append(rope, {in}, std::move(name), width(in));
}

void GraphBuilder::storeKv(ValueId key, ValueId value, std::uint32_t layer) {
  assert(width(key) == m_graph.kv[layer].keyWidth() && width(value) == m_graph.kv[layer].valueWidth());
  m_graph.ops.push_back({StoreKv{layer}, {key, value}, kNoValue});
}

ValueId GraphBuilder::attention(std::string name, ValueId query, const Attention& attention) {
  const KvShape& shape = m_graph.kv[attention.layer];
  assert(width(query) == attention.heads * shape.headSize && attention.heads % shape.heads == 0);
  return append(attention, {query}, std::move(name), std::uint64_t{attention.heads} * shape.valueHeadSize);
}

ValueId GraphBuilder::glu(std::string name, ValueId gate, ValueId up, Activation activation) {
  assert(width(gate) == width(up));
  return append(Glu{activation}, {gate, up}, std::move(name), width(gate));
}

ValueId GraphBuilder::add(std::string name, ValueId a, ValueId b) {
  assert(width(a) == width(b));
  return append(Add(), {a, b}, std::move(name), width(a));
}

ValueId GraphBuilder::map(std::string name, ValueId in, const Map& map) {
  return append(map, {in}, std::move(name), width(in));
}

ValueId GraphBuilder::slice(std::string name, ValueId in, const Slice& slice, std::uint32_t count) {
  assert(slice.isEmpty(count - 1) || slice.columnOf(count - 1) < width(in));
  return append(slice, {in}, std::move(name), count);
}

std::uint32_t GraphBuilder::addState(std::uint64_t floats) {
  m_graph.states.push_back(static_cast<std::uint32_t>(floats));
  return static_cast<std::uint32_t>(m_graph.states.size() - 1);
}

ValueId GraphBuilder::mapColumns(std::string name, ValueId in, const MapColumns& columns) {
  for ([[maybe_unused]] const auto& vector : {columns.weight, columns.bias})
    assert(!vector || width(in) % vector->shape.count() == 0);
  return append(columns, {in}, std::move(name), width(in));
}

ValueId GraphBuilder::shortConv(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight,
                                const quant::QuantizedTensorPtr& bias) {
  assert(weight->rows() == width(in));
  const std::uint32_t state = addState((weight->rowValues() - 1) * width(in));
  return append(ShortConv{weight, bias, state}, {in}, std::move(name), width(in));
}

ValueId GraphBuilder::linearAttention(std::string name, std::vector<ValueId> in, LinearAttention attention) {
  assert(in.size() == 5 && width(in[0]) == attention.keyHeads * attention.keySize && width(in[1]) == width(in[0]));
  assert(width(in[2]) == attention.heads * attention.valueSize && width(in[3]) == attention.heads &&
         width(in[4]) == attention.heads);
  attention.state = addState(attention.stateFloats());
  return append(attention, std::move(in), std::move(name), std::uint64_t{attention.heads} * attention.valueSize);
}

ValueId GraphBuilder::joinHeads(std::string name, ValueId x, ValueId y, const JoinHeads& join) {
  assert(width(x) % join.heads == 0 && width(y) % join.second == 0 && (join.second == 1 || join.second == join.heads));
  return append(join, {x, y}, std::move(name),
                std::uint64_t{width(x)} + std::uint64_t{width(y)} / join.second * join.heads);
}

ValueId GraphBuilder::route(std::string name, ValueId logits, const Route& route) {
  assert(route.used > 0 && (route.isAll || route.used <= width(logits)));
  return append(route, {logits}, std::move(name), 2 * std::uint64_t{route.used});
}

ValueId GraphBuilder::expertMatMul(std::string name, ValueId in, ValueId routes, const ExpertMatMul& product) {
  [[maybe_unused]] const std::uint64_t row = product.weight->rowValues();
  assert(product.weight->shape.rank() == 3 && width(routes) == 2 * product.used);
  assert(width(in) == row || width(in) == product.used * slotStride(row));
  return append(product, {in, routes}, std::move(name), std::uint64_t{product.used} * slotStride(product.outWidth()));
}

ValueId GraphBuilder::mixExperts(std::string name, ValueId in, ValueId routes, std::uint32_t used,
                                 std::uint32_t rowWidth) {
  assert(width(in) == used * slotStride(rowWidth) && width(routes) == 2 * used);
  return append(MixExperts{used}, {in, routes}, std::move(name), rowWidth);
}

ValueId GraphBuilder::takeRows(std::string name, ValueId in) {
  return append(TakeRows(), {in}, std::move(name), width(in));
}

}  // namespace core::model
