#include "core/model/cpu_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "core/base/error.h"
#include "core/base/memory_bandwidth.h"
#include "core/model/ops/add.h"
#include "core/model/ops/attention.h"
#include "core/model/ops/embed.h"
#include "core/model/ops/matmul.h"
#include "core/model/ops/rms_norm.h"
#include "core/model/ops/rope.h"
#include "core/model/ops/store_kv.h"
#include "core/model/ops/swiglu.h"
#include "core/model/ops/vector_kernels.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {
constexpr std::size_t kBatchTokens = 128;  // a weight is decoded once per batch
}

CpuExecutor::CpuExecutor(Graph graph) : m_graph(std::move(graph)), m_slots(assignSlots(m_graph)) {
  m_scratch.resize(m_slots.slotWidth.size());
  for (const Op& op : m_graph.ops) {
    if (op.kind == OpKind::RmsNorm) m_vectors.emplace(op.weight.get(), quant::dequantize(*op.weight));
    if (op.bias) m_vectors.emplace(op.bias.get(), quant::dequantize(*op.bias));
  }
}

std::string CpuExecutor::deviceName() const { return fmt::format("CPU ({})", ops::vectorKernels().name); }

double CpuExecutor::measureReadBandwidth() { return measureHostReadBandwidth(); }

MemoryUse CpuExecutor::memory() const {
  MemoryUse use{m_graph.weightBytes, m_graph.weightBytes};
  for (const auto& buffer : m_scratch) use.residentBytes += buffer.capacity() * sizeof(float);
  for (const auto& [tensor, values] : m_vectors) use.residentBytes += values.size() * sizeof(float);
  return use;
}

std::unique_ptr<KvCache> CpuExecutor::makeKvCache(std::uint32_t capacity, KvType type) {
  return std::make_unique<CpuKvCache>(m_graph.config, capacity, type);
}

void CpuExecutor::compute(std::span<const TokenId> tokens, KvCache& cache, LogitsWanted wanted, std::span<float> logits,
                          const JobContext& job) {
  auto& ours = static_cast<CpuKvCache&>(cache);  // forward() has checked that this executor made it
  reserveScratch(std::min(tokens.size(), kBatchTokens));
  const std::uint32_t start = cache.length();
  for (std::size_t first = 0; first < tokens.size(); first += kBatchTokens) {
    const auto part = tokens.subspan(first, std::min(kBatchTokens, tokens.size() - first));
    const auto position = static_cast<std::uint32_t>(start + first);
    const std::vector<float> rotation = ops::rotations(m_graph.ropeFrequencies, position, part.size());
    const bool isLast = first + part.size() == tokens.size();
    const bool all = wanted == LogitsWanted::AllTokens;
    runBatch({.tokens = part,
              .cache = ours,
              .firstPosition = position,
              .rotation = rotation,
              .firstRow = all ? 0 : (isLast ? part.size() - 1 : part.size()),
              .rows = part.size(),
              .logits = logits.data() + (all ? first * m_graph.config.vocabulary : 0)},
             job);
  }
}

void CpuExecutor::runBatch(Batch batch, const JobContext& job) {
  for (const Op& op : m_graph.ops) {
    job.throwIfCancelled();
    runOp(op, batch);
    if (batch.rows == 0) return;  // nothing of this batch is wanted behind TakeRows
    if (hook() && op.out != kNoValue) callHook(op, batch);
  }
}

void CpuExecutor::runOp(const Op& op, Batch& batch) {
  const ModelConfig& config = m_graph.config;
  const float* in = op.in == kNoValue ? nullptr : data(op.in, batch);
  const float* second = op.second == kNoValue ? nullptr : data(op.second, batch);
  float* out = op.out == kNoValue ? nullptr : data(op.out, batch);
  const std::size_t width = op.out == kNoValue ? 0 : m_graph.values[op.out].width;
  switch (op.kind) {
    case OpKind::Embed:
      return ops::embed(*op.weight, batch.tokens, out);
    case OpKind::RmsNorm:
      return ops::rmsNorm(vectorOf(op.weight), config.normEpsilon, in, batch.rows, out);
    case OpKind::MatMul:
      return ops::matMul(*op.weight, vectorOf(op.bias), in, batch.rows, out);
    case OpKind::Rope:
      return ops::rope({width / config.headSize, config.headSize, config.ropeDimensions, config.ropePairing},
                       batch.rotation, batch.rows, out);
    case OpKind::StoreKv:
      return ops::storeKv(in, second, batch.rows, batch.firstPosition, batch.cache.keys(op.layer),
                          batch.cache.values(op.layer));
    case OpKind::Attention:
      return ops::attention({config.heads, config.kvHeads, config.headSize, config.valueHeadSize, config.slidingWindow},
                            in, batch.rows, batch.firstPosition, batch.cache.keys(op.layer),
                            batch.cache.values(op.layer), out);
    case OpKind::SwiGlu:
      return ops::swiGlu(in, second, batch.rows * width, out);
    case OpKind::Add:
      return ops::add(in, second, batch.rows * width, out);
    case OpKind::TakeRows:
      batch.rows = batch.tokens.size() - batch.firstRow;
      std::copy_n(in + batch.firstRow * width, batch.rows * width, out);
      return;
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

void CpuExecutor::callHook(const Op& op, const Batch& batch) {
  const Value& value = m_graph.values[op.out];
  hook()(value.name, {data(op.out, batch), batch.rows * value.width}, value.width);
}

std::unique_ptr<Executor> createCpuExecutor(Graph graph) { return std::make_unique<CpuExecutor>(std::move(graph)); }

}  // namespace core::model
