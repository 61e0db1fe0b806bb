#include "core/model/cpu_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <set>

#include "core/base/error.h"
#include "core/base/memory_bandwidth.h"
#include "core/model/ops/add.h"
#include "core/model/ops/arrange_columns.h"
#include "core/model/ops/attention.h"
#include "core/model/ops/embed.h"
#include "core/model/ops/experts.h"
#include "core/model/ops/glu.h"
#include "core/model/ops/join_heads.h"
#include "core/model/ops/layer_norm.h"
#include "core/model/ops/linear_attention.h"
#include "core/model/ops/map.h"
#include "core/model/ops/map_columns.h"
#include "core/model/ops/matmul.h"
#include "core/model/ops/multiply_codes.h"
#include "core/model/ops/quantize_rows.h"
#include "core/model/ops/rms_norm.h"
#include "core/model/ops/rope.h"
#include "core/model/ops/route.h"
#include "core/model/ops/short_conv.h"
#include "core/model/ops/slice.h"
#include "core/model/ops/store_kv.h"
#include "core/model/ops/vector_kernels.h"
#include "core/model/planned_weights.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {
constexpr std::size_t kBatchTokens = 128;  // a weight is decoded once per batch
}

CpuExecutor::CpuExecutor(Graph graph) : m_graph(std::move(graph)), m_slots(assignSlots(m_graph)) {
  m_scratch.resize(m_slots.slotWidth.size());
  for (const Op& op : m_graph.ops) {
    if (const auto* small = op.smallWeight()) keepVector(*small);
    if (const auto* vector = op.vector()) keepVector(*vector);
  }
}

void CpuExecutor::keepVector(const quant::QuantizedTensorPtr& tensor) {
  if (tensor && !m_vectors.contains(tensor.get())) m_vectors.emplace(tensor.get(), quant::dequantize(*tensor));
}

std::string CpuExecutor::deviceName() const { return fmt::format("CPU ({})", ops::vectorKernels().name); }

double CpuExecutor::measureReadBandwidth() { return measureHostReadBandwidth(); }

MemoryUse CpuExecutor::memory() const {
  MemoryUse use{m_graph.weightBytes, m_graph.weightBytes};
  for (const auto& buffer : m_scratch) use.residentBytes += buffer.capacity() * sizeof(float);
  for (const auto& [tensor, values] : m_vectors) use.residentBytes += values.size() * sizeof(float);
  use.residentBytes += keptCacheBytes();
  return use;
}

MemoryUse CpuExecutor::plannedMemory(const Graph& graph, std::size_t tokens) {
  const std::size_t batch = graph.rowsTogether().value_or(kBatchTokens);
  const std::size_t rows = tokens == 0 ? batch : std::min(tokens, batch);
  std::uint64_t floats = 0;
  for (const std::uint32_t width : assignSlots(graph).slotWidth) floats += rows * width;
  std::set<const quant::QuantizedTensor*> vectors;
  for (const Op& op : graph.ops) {
    for (const quant::QuantizedTensorPtr* vector : {op.smallWeight(), op.vector()})
      if (vector != nullptr && *vector && vectors.insert(vector->get()).second) floats += (*vector)->shape.count();
  }
  const std::uint64_t weights = plannedWeightBytes(graph);
  return {weights, weights + floats * sizeof(float)};
}

std::unique_ptr<KvCache> CpuExecutor::makeKvCache(std::uint32_t capacity, KvType type) {
  return std::make_unique<CpuKvCache>(m_graph, capacity, type);
}

void CpuExecutor::compute(std::span<const TokenId> tokens, KvCache& cache, LogitsWanted wanted, std::span<float> logits,
                          const JobContext& job) {
  const std::size_t batch = m_graph.rowsTogether().value_or(kBatchTokens);
  reserveScratch(std::min(tokens.size(), batch));
  const std::uint32_t start = cache.length();
  for (std::size_t first = 0; first < tokens.size(); first += batch) {
    const auto part = tokens.subspan(first, std::min(batch, tokens.size() - first));
    const auto position = static_cast<std::uint32_t>(start + first);
    std::vector<std::vector<float>> rotations;
    for (const RopeTable& table : m_graph.ropeTables) rotations.push_back(ops::rotations(table, position, part.size()));
    const SequenceRows rows = rowsOf(cache, position, 0, part.size());
    const bool isLast = first + part.size() == tokens.size();
    const bool all = wanted == LogitsWanted::AllTokens;
    runBatch({.tokens = part,
              .sequences = std::span(&rows, 1),
              .rotations = rotations,
              .firstRow = all ? 0 : (isLast ? part.size() - 1 : part.size()),
              .rows = part.size(),
              .logits = logits.data() + (all ? first * m_graph.vocabulary() : 0)},
             job);
  }
}

CpuExecutor::SequenceRows CpuExecutor::rowsOf(KvCache& cache, std::uint32_t firstPosition, std::size_t first,
                                              std::size_t count) {
  auto& ours = static_cast<CpuKvCache&>(cache);  // the door has checked that this executor made it
  if (ours.hasStates()) ours.beginStates(firstPosition, static_cast<std::uint32_t>(firstPosition + count));
  return {ours, firstPosition, first, count};
}

std::size_t CpuExecutor::mostTogether() const { return kBatchTokens; }

void CpuExecutor::computeTogether(std::span<StepBatch> batches, const JobContext& job) {
  StepBatch& asked = batches.front();  // it joins no other one
  std::vector<TokenId> tokens;
  std::vector<SequenceRows> sequences;
  for (const SequenceStep& step : asked.steps) {
    sequences.push_back(rowsOf(*step.cache, step.cache->length(), tokens.size(), 1));
    tokens.push_back(step.token);
  }
  reserveScratch(tokens.size());
  std::vector<std::vector<float>> rotations;
  for (const RopeTable& table : m_graph.ropeTables) {
    auto& all = rotations.emplace_back();
    for (const SequenceRows& rows : sequences) {
      const auto own = ops::rotations(table, rows.firstPosition, 1);
      all.insert(all.end(), own.begin(), own.end());
    }
  }
  asked.logits.resize(tokens.size() * m_graph.vocabulary());
  runBatch({.tokens = tokens,
            .sequences = sequences,
            .rotations = rotations,
            .firstRow = 0,
            .rows = tokens.size(),
            .logits = asked.logits.data()},
           job);
}

void CpuExecutor::runBatch(Batch batch, const JobContext& job) {
  for (const Op& op : m_graph.ops) {
    job.throwIfCancelled();
    stepTimes() == nullptr ? runOp(op, batch) : timeOp(op, batch);
    if (batch.rows == 0) return;  // nothing of this batch is wanted behind TakeRows
    if (observers().isWatching() && op.out != kNoValue) show(op, batch);
  }
}

void CpuExecutor::timeOp(const Op& op, Batch& batch) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  runOp(op, batch);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  stepTimes()->add(op.kind(), op.out == kNoValue ? std::string_view() : m_graph.values[op.out].name, seconds);
}

void CpuExecutor::runOp(const Op& op, Batch& batch) {
  const auto input = [&](std::size_t i) { return data(op.inputs[i], batch); };
  float* out = op.out == kNoValue ? nullptr : data(op.out, batch);
  const std::size_t width = op.out == kNoValue ? 0 : m_graph.values[op.out].width;
  switch (op.kind()) {
    case OpKind::Embed:
      return ops::embed(*op.as<Embed>().weight, batch.tokens, out);
    case OpKind::RmsNorm: {
      const RmsNorm& norm = op.as<RmsNorm>();
      return ops::rmsNorm(vectorOf(norm.weight), norm.size(), norm.epsilon, input(0),
                          batch.rows * (width / norm.size()), out);
    }
    case OpKind::MatMul: {
      const MatMul& product = op.as<MatMul>();
      if (m_graph.values[op.inputs[0]].form == ValueForm::Codes)
        return ops::multiplyCodes(*product.weight, vectorOf(product.bias), input(0),
                                  op.inputs.size() > 1 ? input(1) : nullptr, batch.rows, out);
      return ops::matMul(*product.weight, vectorOf(product.bias), input(0), batch.rows, out, product.columns);
    }
    case OpKind::Rope: {
      const Rope& rope = op.as<Rope>();
      const std::size_t pairs = m_graph.ropeTables[rope.table].frequencies.size();
      return ops::rope({width / rope.headSize, rope.headSize, 2 * pairs, rope.pairing}, batch.rotations[rope.table],
                       batch.rows, input(0), out);
    }
    case OpKind::StoreKv:
    case OpKind::Attention:
    case OpKind::ShortConv:
    case OpKind::LinearAttention:
    case OpKind::EmbedPositions:
      for (const SequenceRows& rows : batch.sequences) runOp(op, batch, rows);
      return;
    case OpKind::Glu:
      return ops::glu(op.as<Glu>().activation, input(0), input(1), batch.rows * width, out);
    case OpKind::Add:
      return ops::add(input(0), input(1), batch.rows * width, out);
    case OpKind::Map:
      return ops::map(op.as<Map>(), input(0), batch.rows * width, out);
    case OpKind::Slice: {
      const std::size_t from = m_graph.values[op.inputs[0]].width;
      return ops::slice(op.as<Slice>(), input(0), from, batch.rows, width, out);
    }
    case OpKind::JoinHeads: {
      const JoinHeads& join = op.as<JoinHeads>();
      return ops::joinHeads(join.heads, join.second, input(0), m_graph.values[op.inputs[0]].width, input(1),
                            m_graph.values[op.inputs[1]].width, batch.rows, out);
    }
    case OpKind::MapColumns: {
      const MapColumns& columns = op.as<MapColumns>();
      return ops::mapColumns(columns.map, vectorOf(columns.weight), vectorOf(columns.bias), input(0), batch.rows, width,
                             out);
    }
    case OpKind::LayerNorm: {
      const LayerNorm& norm = op.as<LayerNorm>();
      const std::span<const float> weight = vectorOf(norm.weight);
      return ops::layerNorm(weight, vectorOf(norm.bias), norm.epsilon, input(0), batch.rows * (width / weight.size()),
                            out);
    }
    case OpKind::Route:
      return ops::route(op.as<Route>(), vectorOf(op.as<Route>().weight), vectorOf(op.as<Route>().bias), input(0),
                        m_graph.values[op.inputs[0]].width, batch.rows, out);
    case OpKind::ExpertMatMul: {
      const ExpertMatMul& product = op.as<ExpertMatMul>();
      return ops::expertMatMul(product, vectorOf(product.bias),
                               {product.used, m_graph.values[op.inputs[0]].width, width}, input(0), input(1),
                               batch.rows, out);
    }
    case OpKind::MixExperts:
      return ops::mixExperts(op.as<MixExperts>().used, input(0), input(1), batch.rows, width, out);
    case OpKind::TakeRows:
      batch.rows = batch.tokens.size() - batch.firstRow;
      std::copy_n(input(0) + batch.firstRow * width, batch.rows * width, out);
      return;
    case OpKind::ArrangeColumns:
      return ops::arrangeColumns(*op.as<ArrangeColumns>().arrangement, input(0), batch.rows, width, out);
    case OpKind::QuantizeRows: {
      const quant::InputQuantizer& quantizer = op.as<QuantizeRows>().quantizer;
      const auto quantize = quantizer.makesCodes() ? ops::encodeRows : ops::roundRows;
      return quantize(quantizer, input(0), batch.rows, width, out);
    }
  }
}

void CpuExecutor::runOp(const Op& op, const Batch& batch, const SequenceRows& rows) {
  const auto input = [&](std::size_t i) {
    return data(op.inputs[i], batch) + rows.first * m_graph.values[op.inputs[i]].words();
  };
  const std::size_t width = op.out == kNoValue ? 0 : m_graph.values[op.out].width;
  float* const out = op.out == kNoValue ? nullptr : data(op.out, batch) + rows.first * width;
  CpuKvCache& cache = rows.cache;
  switch (op.kind()) {
    case OpKind::StoreKv: {
      const std::uint32_t layer = op.as<StoreKv>().layer;
      return ops::storeKv(input(0), input(1), rows.count, rows.firstPosition, cache.keys(layer), cache.values(layer));
    }
    case OpKind::Attention: {
      const Attention& attention = op.as<Attention>();
      const KvShape& kv = m_graph.kv[attention.layer];
      return ops::attention({attention.heads, kv.heads, kv.headSize, kv.valueHeadSize, attention.scale,
                             attention.window, attention.softCap, attention.isCausal},
                            input(0), rows.count, rows.firstPosition, cache.keys(attention.layer),
                            cache.values(attention.layer), vectorOf(attention.sinks), out);
    }
    case OpKind::ShortConv: {
      const ShortConv& conv = op.as<ShortConv>();
      return ops::shortConv(vectorOf(conv.weight), vectorOf(conv.bias), conv.taps(), input(0), rows.count, width,
                            cache.stateBefore(conv.state), cache.stateBehind(conv.state), out);
    }
    case OpKind::LinearAttention: {
      const LinearAttention& attention = op.as<LinearAttention>();
      return ops::linearAttention(attention, {input(0), input(1), input(2), input(3), input(4)}, rows.count,
                                  cache.stateBefore(attention.state), cache.stateBehind(attention.state), out);
    }
    case OpKind::EmbedPositions:
      return ops::embedPositions(op.as<EmbedPositions>(), rows.firstPosition, rows.count, out);
    default:
      return;  // what rows are computed alike for all sequences
  }
}

void CpuExecutor::reserveScratch(std::size_t tokens) {
  if (tokens <= m_scratchTokens) return;
  try {
    for (std::size_t slot = 0; slot < m_scratch.size(); ++slot) {
      m_scratch[slot].resize(tokens * m_slots.slotWidth[slot]);
    }
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("There is not enough memory for the activations of {} tokens.", tokens));
  }
  m_scratchTokens = tokens;
}

float* CpuExecutor::data(ValueId value, const Batch& batch) {
  const std::uint32_t slot = m_slots.slotOfValue[value];
  return slot == kNoSlot ? batch.logits : m_scratch[slot].data();
}

std::span<const float> CpuExecutor::vectorOf(const quant::QuantizedTensorPtr& tensor) const {
  if (!tensor) return {};
  return m_vectors.at(tensor.get());
}

void CpuExecutor::show(const Op& op, const Batch& batch) {
  const Watch watch = observers().watch(op.out);
  if (!watch) return;
  const std::span<const float> values(data(op.out, batch), batch.rows * m_graph.values[op.out].words());
  if (watch.columns) observers().columns(op.out).addRows(values);
  if (!watch.data) return;
  const std::size_t firstRow = batch.tokens.size() - batch.rows;  // not 0 behind TakeRows
  observers().show(
      {op.out, op, static_cast<std::uint32_t>(batch.sequences.front().firstPosition + firstRow), batch.rows, values});
}

std::unique_ptr<Executor> createCpuExecutor(Graph graph) { return std::make_unique<CpuExecutor>(std::move(graph)); }

}  // namespace core::model
