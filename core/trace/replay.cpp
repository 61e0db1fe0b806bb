#include "core/trace/replay.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "core/model/ops/add.h"
#include "core/model/ops/attention.h"
#include "core/model/ops/embed.h"
#include "core/model/ops/experts.h"
#include "core/model/ops/glu.h"
#include "core/model/ops/join_heads.h"
#include "core/model/ops/layer_norm.h"
#include "core/model/ops/linear_attention.h"
#include "core/model/ops/map.h"
#include "core/model/ops/map_columns.h"
#include "core/model/ops/rms_norm.h"
#include "core/model/ops/rope.h"
#include "core/model/ops/route.h"
#include "core/model/ops/short_conv.h"
#include "core/model/ops/slice.h"
#include "core/model/ops/store_kv.h"
#include "core/model/probabilities.h"
#include "core/quant/decoded_copy.h"
#include "core/quant/quantizer.h"
#include "core/trace/prepared_product.h"
#include "core/train/ops/experts.h"

namespace core::trace {

using model::kNoValue;
using model::Op;
using model::OpKind;
using model::ValueId;

namespace {

constexpr std::uint64_t kDecodedBytes = 256ULL << 20U;  // of products that are kept decoded, so that trials are cheap

}  // namespace

std::uint64_t Restored::elementCount() const {
  std::uint64_t count = 0;
  for (const auto& [tensor, list] : elements) count += list.size();
  return count;
}

Replay::Replay(const model::Graph& mine, const model::Graph& other, std::span<const model::TokenId> tokens,
               model::KvType kv, std::size_t knownTokens)
    : m_mine(mine),
      m_other(other),
      m_tokens(tokens.begin(), tokens.end()),
      m_tensors(differingTensors(m_mine, m_other)),
      m_resumableOps(resumableOps(m_mine.graph)),
      m_rowsTogether(mine.rowsTogether().value_or(other.rowsTogether().value_or(0))),
      m_known(model::knownTokens(mine.vocabulary(), knownTokens)),
      m_slots(assignSlots(m_mine.graph)),
      m_cache(m_mine.graph, static_cast<std::uint32_t>(tokens.size()), kv),
      m_differences(m_tensors.size()) {
  assert(!tokens.empty());
  findRowsNeeded();
  for (const std::uint32_t width : m_slots.slotWidth) m_scratch.emplace_back(width * m_tokens.size());
  for (const model::RopeTable& table : m_mine.graph.ropeTables)
    m_rotations.push_back(model::ops::rotations(table, 0, m_tokens.size()));
  decodeProducts();
}

void Replay::findRowsNeeded() {
  const auto& ops = m_mine.graph.ops;
  const std::size_t last = m_tokens.size() - 1;
  const auto taken = std::ranges::find(ops, OpKind::TakeRows, &Op::kind);
  m_firstRow.assign(m_mine.graph.values.size(), last);
  for (std::size_t i = ops.size(); i-- > 0;) {
    const Op& op = ops[i];
    const bool isBeforeEnd = i < static_cast<std::size_t>(taken - ops.begin());
    std::size_t first = op.out == kNoValue ? 0 : m_firstRow[op.out];  // keys and values of all tokens are stored
    // Rows that depend on each other are computed together: of batches, and where a past is kept as one state.
    const bool keepsState = op.kind() == OpKind::ShortConv || op.kind() == OpKind::LinearAttention;
    if ((m_rowsTogether != 0 && isBeforeEnd) || keepsState) first = 0;
    if (first == 0 && isBeforeEnd && op.out != kNoValue) m_firstRow[op.out] = 0;
    for (const ValueId input : op.inputs) m_firstRow[input] = std::min(m_firstRow[input], first);
  }
}

void Replay::decodeProducts() {
  std::uint64_t bytes = 0;
  for (const Op& op : m_mine.graph.ops)
    if (op.kind() == OpKind::MatMul) bytes += op.as<model::MatMul>().weight->shape.count() * sizeof(float);
  if (bytes > kDecodedBytes) return;
  for (Op& op : m_mine.graph.ops) {
    if (op.kind() != OpKind::MatMul) continue;
    auto& product = std::get<model::MatMul>(op.parameters);
    const bool makesCodes = product.weight->input && product.weight->input->makesCodes();
    if (!makesCodes) product.weight = quant::decodedCopy(*product.weight, product.columns);
  }
}

float Replay::difference(std::size_t tensor, std::uint64_t element) {
  const auto [place, isNew] = m_differences[tensor].try_emplace(element, 0.0F);
  if (isNew) {
    float mine = 0.0F, other = 0.0F;
    quant::decode(*m_tensors[tensor].mine, element, 1, &mine);
    quant::decode(*m_tensors[tensor].other, element, 1, &other);
    place->second = other - mine;
  }
  return place->second;
}

std::size_t Replay::firstDifference(const Restored& a, const Restored& b) const {
  for (std::size_t i = 0; i < m_tensors.size(); ++i) {  // in the order of their first use
    const auto inA = a.elements.find(i), inB = b.elements.find(i);
    const bool hasSame =
        inA == a.elements.end() ? inB == b.elements.end() : inB != b.elements.end() && inA->second == inB->second;
    if (a.tensors.contains(i) != b.tensors.contains(i) || !hasSame) return m_tensors[i].uses.front().op;
  }
  return std::numeric_limits<std::size_t>::max();
}

Replay::Setup Replay::setUp(const Restored& restored) {
  Setup setup;
  setup.isOther.assign(m_mine.graph.ops.size(), false);
  for (const std::size_t tensor : restored.tensors) {
    for (const TensorUse& use : m_tensors[tensor].uses) {
      if (use.isBias)
        setup.vectors[{use.op, true}] = quant::dequantize(*m_tensors[tensor].other);
      else
        setup.isOther[use.op] = true;
    }
  }
  for (const auto& [tensor, elements] : restored.elements)
    for (const TensorUse& use : m_tensors[tensor].uses) change(use, tensor, elements, setup);
  return setup;
}

void Replay::change(const TensorUse& use, std::size_t tensor, std::span<const std::uint64_t> elements, Setup& setup) {
  if (use.isBias || m_mine.graph.ops[use.op].smallWeight() != nullptr) {
    std::vector<float> values = quant::dequantize(*m_tensors[tensor].mine);
    for (const std::uint64_t element : elements) values[element] += difference(tensor, element);
    setup.vectors[{use.op, use.isBias}] = std::move(values);
    return;
  }
  const std::uint64_t width = m_tensors[tensor].mine->rowValues();
  auto& changes = setup.changes[use.op].changes;
  for (const std::uint64_t element : elements)
    changes.push_back({static_cast<std::uint32_t>(element / width), static_cast<std::uint32_t>(element % width),
                       difference(tensor, element)});
}

Replay::Run Replay::run(const Restored& restored, const JobContext& job) {
  Run nothing;
  nothing.residuals.resize(m_resumableOps.size());
  return run(restored, nothing, job);
}

Replay::Run Replay::run(const Restored& restored, const Run& from, const JobContext& job) {
  const bool isFirst = from.logits.empty();
  const std::size_t first = isFirst ? 0 : firstDifference(restored, from.restored);
  Run result{restored, from.logits, from.residuals};
  if (first >= m_mine.graph.ops.size()) return result;
  ++m_passes;
  const Setup setup = setUp(restored);
  // The last residual that is made before anything differs.
  const auto next = std::ranges::lower_bound(m_resumableOps, first);
  auto index = static_cast<std::size_t>(next - m_resumableOps.begin());
  std::size_t begin = 0;
  if (index > 0 && !isFirst) {
    begin = m_resumableOps[index - 1] + 1;
    const ValueId value = m_mine.graph.ops[begin - 1].out;
    std::ranges::copy(*from.residuals[index - 1], data(value, m_firstRow[value]));
  } else {
    index = 0;
  }
  result.logits.assign(m_mine.graph.vocabulary(), 0.0F);
  for (std::size_t i = begin; i < m_mine.graph.ops.size(); ++i) {
    job.throwIfCancelled();
    runOp(i, setup, result.logits);
    if (index == m_resumableOps.size() || i != m_resumableOps[index]) continue;
    const ValueId value = m_mine.graph.ops[i].out;
    const float* made = data(value, m_firstRow[value]);
    result.residuals[index++] =
        std::make_shared<const std::vector<float>>(made, made + rowsOf(value) * m_mine.graph.values[value].width);
  }
  result.logits.resize(m_known);
  return result;
}

float* Replay::data(ValueId value, std::size_t firstRow) {
  const std::uint32_t slot = m_slots.slotOfValue[value];
  return m_scratch[slot].data() + (firstRow - m_firstRow[value]) * m_mine.graph.values[value].width;
}

void Replay::runOp(std::size_t index, const Setup& setup, std::span<float> logits) {
  const Op& op = m_mine.graph.ops[index];
  const bool isLast = index + 1 == m_mine.graph.ops.size();
  if (op.kind() == OpKind::StoreKv) {
    const std::uint32_t layer = op.as<model::StoreKv>().layer;
    return model::ops::storeKv(data(op.inputs[0], 0), data(op.inputs[1], 0), m_tokens.size(), 0, m_cache.keys(layer),
                               m_cache.values(layer));
  }
  const std::size_t first = m_firstRow[op.out], rows = m_tokens.size() - first;
  const std::size_t width = m_mine.graph.values[op.out].width;
  const std::span<float> out = isLast ? logits : std::span(data(op.out, first), rows * width);
  const auto input = [&](std::size_t i) { return data(op.inputs[i], first); };
  switch (op.kind()) {
    case OpKind::Embed:
      return embed(index, setup, out);
    case OpKind::RmsNorm: {
      const auto& norm = op.as<model::RmsNorm>();
      const std::vector<float> weight = norm.weight ? vectorOf(index, false, setup) : std::vector<float>();
      return model::ops::rmsNorm(weight, norm.size(), norm.epsilon, input(0), out.size() / norm.size(), out.data());
    }
    case OpKind::MatMul:
      return multiply(index, setup, out);
    case OpKind::Rope: {
      const auto& rope = op.as<model::Rope>();
      const std::size_t pairs = m_mine.graph.ropeTables[rope.table].frequencies.size();
      const auto rotations = std::span(m_rotations[rope.table]).subspan(first * pairs * 2, rows * pairs * 2);
      return model::ops::rope({width / rope.headSize, rope.headSize, 2 * pairs, rope.pairing}, rotations, rows,
                              input(0), out.data());
    }
    case OpKind::Attention: {
      const auto& attention = op.as<model::Attention>();
      const model::KvShape& kv = m_mine.graph.kv[attention.layer];
      return model::ops::attention({attention.heads, kv.heads, kv.headSize, kv.valueHeadSize, attention.scale,
                                    attention.window, attention.softCap},
                                   input(0), rows, static_cast<std::uint32_t>(first), m_cache.keys(attention.layer),
                                   m_cache.values(attention.layer), vectorOf(index, true, setup), out.data());
    }
    case OpKind::Glu:
      return model::ops::glu(op.as<model::Glu>().activation, input(0), input(1), out.size(), out.data());
    case OpKind::Add:
      return model::ops::add(input(0), input(1), out.size(), out.data());
    case OpKind::Map:
      return model::ops::map(op.as<model::Map>(), input(0), out.size(), out.data());
    case OpKind::Slice: {
      const std::size_t from = m_mine.graph.values[op.inputs[0]].width;
      return model::ops::slice(op.as<model::Slice>(), input(0), from, rows, width, out.data());
    }
    case OpKind::JoinHeads: {
      const auto& join = op.as<model::JoinHeads>();
      return model::ops::joinHeads(join.heads, join.second, input(0), m_mine.graph.values[op.inputs[0]].width, input(1),
                                   m_mine.graph.values[op.inputs[1]].width, rows, out.data());
    }
    case OpKind::MapColumns: {
      const auto& columns = op.as<model::MapColumns>();
      const std::vector<float> weight = columns.weight ? vectorOf(index, false, setup) : std::vector<float>();
      return model::ops::mapColumns(columns.map, weight, vectorOf(index, true, setup), input(0), rows, width,
                                    out.data());
    }
    case OpKind::ShortConv: {
      const auto& conv = op.as<model::ShortConv>();
      std::vector<float> state(m_mine.graph.states[conv.state]);
      return model::ops::shortConv(vectorOf(index, false, setup), vectorOf(index, true, setup), conv.taps(), input(0),
                                   rows, width, nullptr, state.data(), out.data());
    }
    case OpKind::LinearAttention: {
      const auto& attention = op.as<model::LinearAttention>();
      std::vector<float> state(m_mine.graph.states[attention.state]);
      return model::ops::linearAttention(attention, {input(0), input(1), input(2), input(3), input(4)}, rows, nullptr,
                                         state.data(), out.data());
    }
    case OpKind::EmbedPositions:
      return embedPositions(index, setup, first, out);
    case OpKind::LayerNorm: {
      const std::vector<float> weight = vectorOf(index, false, setup);
      return model::ops::layerNorm(weight, vectorOf(index, true, setup), op.as<model::LayerNorm>().epsilon, input(0),
                                   out.size() / weight.size(), out.data());
    }
    case OpKind::Route: {
      const auto& route = op.as<model::Route>();
      const std::vector<float> weight = route.weight ? vectorOf(index, false, setup) : std::vector<float>();
      return model::ops::route(route, weight, vectorOf(index, true, setup), input(0),
                               m_mine.graph.values[op.inputs[0]].width, rows, out.data());
    }
    case OpKind::ExpertMatMul:
      return multiplyExperts(index, setup, input(0), input(1), out);
    case OpKind::MixExperts:
      return model::ops::mixExperts(op.as<model::MixExperts>().used, input(0), input(1), rows, width, out.data());
    case OpKind::TakeRows:
      std::copy_n(input(0), out.size(), out.data());
      return;
    case OpKind::StoreKv:
    case OpKind::ArrangeColumns:
    case OpKind::QuantizeRows:
      return;  // above, and none in a bare graph
  }
}

void Replay::multiply(std::size_t index, const Setup& setup, std::span<float> out) {
  const BareGraph& from = setup.isOther[index] ? m_other : m_mine;
  const Op& op = m_mine.graph.ops[index];
  const model::MatMul& product = from.graph.ops[index].as<model::MatMul>();
  const auto changed = setup.changes.find(index);
  const std::size_t rows = out.size() / product.weight->rows(), first = m_tokens.size() - rows;
  const std::vector<float> bias = vectorOf(index, true, setup);
  trace::multiply({product, from.preparations[index], bias},
                  changed == setup.changes.end() ? ElementChanges() : changed->second,
                  {data(op.inputs[0], first), rows * product.weight->rowValues()}, rows, out, m_rowsTogether);
}

void Replay::embed(std::size_t index, const Setup& setup, std::span<float> out) {
  const BareGraph& from = setup.isOther[index] ? m_other : m_mine;
  const auto& table = *from.graph.ops[index].as<model::Embed>().weight;
  const std::size_t width = table.rowValues(), rows = out.size() / width;
  const auto tokens = std::span<const model::TokenId>(m_tokens).last(rows);
  model::ops::embed(table, tokens, out.data());
  const auto changed = setup.changes.find(index);
  if (changed == setup.changes.end()) return;
  for (const ElementChanges::Change& change : changed->second.changes)
    for (std::size_t t = 0; t < rows; ++t)
      if (static_cast<std::uint32_t>(tokens[t]) == change.row) out[t * width + change.column] += change.added;
}

void Replay::embedPositions(std::size_t index, const Setup& setup, std::size_t first, std::span<float> out) {
  const BareGraph& from = setup.isOther[index] ? m_other : m_mine;
  const auto& table = from.graph.ops[index].as<model::EmbedPositions>();
  const std::size_t width = table.weight->rowValues(), rows = out.size() / width;
  model::ops::embedPositions(table, static_cast<std::uint32_t>(first), rows, out.data());
  const auto changed = setup.changes.find(index);
  if (changed == setup.changes.end()) return;
  for (const ElementChanges::Change& change : changed->second.changes)
    if (change.row >= first && change.row < first + rows)
      out[(change.row - first) * width + change.column] += change.added;
}

void Replay::multiplyExperts(std::size_t index, const Setup& setup, const float* in, const float* routes,
                             std::span<float> out) {
  const BareGraph& from = setup.isOther[index] ? m_other : m_mine;
  const auto& product = from.graph.ops[index].as<model::ExpertMatMul>();
  const std::size_t outWidth = m_mine.graph.values[from.graph.ops[index].out].width,
                    inWidth = m_mine.graph.values[from.graph.ops[index].inputs[0]].width,
                    tokens = out.size() / outWidth, batch = m_rowsTogether == 0 ? tokens : m_rowsTogether;
  const std::vector<float> bias = vectorOf(index, true, setup);
  for (std::size_t t = 0; t < tokens; t += batch)
    model::ops::expertMatMul(product, bias, {product.used, inWidth, outWidth}, in + t * inWidth,
                             routes + t * 2 * product.used, std::min(batch, tokens - t), out.data() + t * outWidth);
  const auto changed = setup.changes.find(index);
  if (changed == setup.changes.end()) return;
  const std::size_t rows = product.outWidth(), width = product.weight->rowValues();
  const std::size_t inStride = inWidth == width ? 0 : model::slotStride(width), outStride = model::slotStride(rows);
  std::vector<float> rounded;
  if (product.weight->input) {
    rounded.resize(tokens * inWidth);
    const train::ops::ExpertShape shape{product.weight->shape[0], rows, width, product.used, inWidth};
    const auto together =
        m_rowsTogether == 0 ? std::nullopt : std::optional(static_cast<std::uint32_t>(m_rowsTogether));
    train::ops::roundExpertInputs(*product.weight->input, together, shape, {1, tokens, {}}, in, rounded.data());
    in = rounded.data();
  }
  for (const ElementChanges::Change& change : changed->second.changes)
    for (std::size_t t = 0; t < tokens; ++t)
      for (std::size_t k = 0; k < product.used; ++k)
        if (model::ops::expertOf(routes + t * 2 * product.used, k) == change.row / rows)
          out[t * outWidth + k * outStride + change.row % rows] +=
              change.added * in[t * inWidth + k * inStride + change.column];
}

std::vector<float> Replay::vectorOf(std::size_t index, bool isBias, const Setup& setup) const {
  if (const auto changed = setup.vectors.find({index, isBias}); changed != setup.vectors.end()) return changed->second;
  if (isBias) {
    const quant::QuantizedTensorPtr* const vector = m_mine.graph.ops[index].vector();
    return *vector ? quant::dequantize(**vector) : std::vector<float>();
  }
  return quant::dequantize(**(setup.isOther[index] ? m_other : m_mine).graph.ops[index].weight());
}

}  // namespace core::trace
