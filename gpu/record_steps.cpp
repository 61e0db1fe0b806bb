// How VulkanExecutor turns steps into commands.
#include <algorithm>
#include <cstring>

#include "gpu/kernels/attention_kernel.h"
#include "gpu/kernels/elementwise_kernel.h"
#include "gpu/kernels/embed_kernel.h"
#include "gpu/kernels/rms_norm_kernel.h"
#include "gpu/kernels/rope_kernel.h"
#include "gpu/kernels/store_kv_kernel.h"
#include "gpu/vulkan_executor.h"

namespace gpu {

using core::model::Op;
using core::model::OpKind;
using core::model::ValueId;

/// One batch being recorded.
struct VulkanExecutor::StepContext {
  Workspace& workspace;
  const VulkanKvCache& cache;
  Recorder& recorder;
  std::uint32_t positions;  ///< of the cache when the batch is through
  std::uint32_t firstRow;   ///< of the rows worked on in the batch: not 0 behind TakeRows of the last token

  /// Values behind TakeRows keep the row they had in the batch.
  Place place(ValueId value) const {
    Place place = workspace.place(value);
    place.offset += firstRow * place.stride;
    return place;
  }
  void copyToHost(Place place) const {
    recorder.commands().copy(workspace.arena(), std::uint64_t{place.offset} * 4, workspace.readback(), 0,
                             std::uint64_t{place.stride} * 4 * recorder.tokens());
  }
};

Recording VulkanExecutor::record(Workspace& workspace, const Batch& batch, const VulkanKvCache& cache,
                                 std::uint32_t positions) {
  Recorder recorder(m_device->device(), m_device->pipelines(), m_device->choice(),
                    static_cast<std::uint32_t>(batch.tokens.size()), workspace.pace().limit());
  StepContext context{workspace, cache, recorder, positions, 0};
  for (const Step& step : workspace.steps()) {
    if (step.kind == OpKind::TakeRows) {
      if (batch.rows == Rows::None) break;  // nothing of this batch is wanted behind it
      if (batch.rows == Rows::Last) {
        context.firstRow = recorder.tokens() - 1;
        recorder.setTokens(1);
      }
      continue;
    }
    recordStep(context, step);
    recorder.barrier();
  }
  if (batch.rows != Rows::None) context.copyToHost(context.place(m_graph.ops.back().out));
  Recording recording = recorder.finish();
  recording.positions = positions;
  return recording;
}

void VulkanExecutor::runObserved(const Batch& batch, VulkanKvCache& cache, const core::JobContext& job) {
  Workspace& workspace = *m_observed;
  auto rows = static_cast<std::uint32_t>(batch.tokens.size());
  const std::uint32_t positions = batch.firstPosition + rows;
  std::uint32_t firstRow = 0;
  std::vector<float> data;
  for (const Step& step : workspace.steps()) {
    job.throwIfCancelled();
    if (step.kind == OpKind::TakeRows) {
      if (batch.rows == Rows::None) return;
      if (batch.rows == Rows::Last) {
        firstRow = rows - 1;
        rows = 1;
      }
    }
    Recorder recorder(m_device->device(), m_device->pipelines(), m_device->choice(), rows, workspace.pace().limit());
    const StepContext context{workspace, cache, recorder, positions, firstRow};
    if (step.kind != OpKind::TakeRows) recordStep(context, step);
    recorder.barrier();
    const bool hasValue = step.out != core::model::kNoValue;
    const Place place = hasValue ? context.place(step.out) : Place();
    if (hasValue) context.copyToHost(place);
    Recording recording = recorder.finish();
    submit(recording, workspace, job);
    if (!hasValue) continue;
    const auto& value = m_graph.values[step.out];
    data.resize(std::size_t{rows} * value.width);
    const auto* from = reinterpret_cast<const float*>(workspace.readback().mapped());
    for (std::size_t t = 0; t < rows; ++t) {
      std::memcpy(data.data() + t * value.width, from + t * place.stride, value.width * sizeof(float));
    }
    hook()(value.name, data, value.width);
  }
  if (batch.rows != Rows::None) std::copy(data.begin(), data.end(), batch.logits.begin());
}

void VulkanExecutor::recordProducts(const StepContext& context, const Step& step) {
  const bool swiGlu = step.kind == OpKind::SwiGlu;
  std::vector<MatMulTarget> targets;
  for (const Op* op : step.ops) {
    if (op->kind != OpKind::MatMul) continue;
    const Resident& weight = m_weights.at(op->weight.get());
    MatMulTarget target;
    target.weight = weight.tensor.get();
    target.table = weight.table;
    if (op->bias) target.bias = m_vectors.at(op->bias.get());
    const bool ownResult = !swiGlu && step.residual == core::model::kNoValue;
    target.out = context.place(ownResult ? op->out : step.out);
    if (step.residual != core::model::kNoValue) target.residual = context.place(step.residual).offset;
    targets.push_back(target);
  }
  recordMatMul(
      context.recorder, [&](const WeightBlock& block) { return context.workspace.set(&block); },
      context.place(step.ops[0]->in), targets, swiGlu ? MatMulPairing::SwiGlu : MatMulPairing::Plain);
}

void VulkanExecutor::recordStep(const StepContext& context, const Step& step) {
  Recorder& recorder = context.recorder;
  const Op& op = *step.ops[0];
  const auto& config = m_graph.config;
  // Kernels that read no weights still need the set's other bindings; any block's set has them.
  const VkDescriptorSet plain = context.workspace.set(nullptr);
  const auto kvSets = [&](std::uint32_t layer) { return std::array{plain, context.cache.set(layer)}; };
  const auto type = context.cache.type();
  switch (step.kind) {
    case OpKind::Embed: {
      const Resident& weight = m_weights.at(op.weight.get());
      return recordEmbed(
          recorder, [&](const WeightBlock& block) { return context.workspace.set(&block); }, *weight.tensor,
          weight.table, context.place(op.out));
    }
    case OpKind::RmsNorm:
      return recordRmsNorm(recorder, plain, context.place(op.in), m_vectors.at(op.weight.get()),
                           m_graph.values[op.in].width, config.normEpsilon, context.place(op.out));
    case OpKind::MatMul:
      return recordProducts(context, step);
    case OpKind::Rope: {
      std::vector<RopeTarget> targets;
      for (const Op* rope : step.ops) targets.push_back({context.place(rope->out), m_graph.values[rope->out].width});
      return recordRope(recorder, kvSets(0), config, targets);
    }
    case OpKind::StoreKv:
      return recordStoreKv(recorder, kvSets(op.layer), config, type, context.place(op.in), context.place(op.second));
    case OpKind::Attention:
      return recordAttention(recorder, kvSets(op.layer), config, type, context.positions, context.place(op.in),
                             context.place(op.out));
    case OpKind::SwiGlu:
      if (step.ops.size() == 3) return recordProducts(context, step);
      return recordElementwise(recorder, plain, ElementwiseOp::SwiGlu, context.place(op.in), context.place(op.second),
                               context.place(op.out));
    case OpKind::Add:
      return recordElementwise(recorder, plain, ElementwiseOp::Add, context.place(op.in), context.place(op.second),
                               context.place(op.out));
    case OpKind::TakeRows:
      return;
  }
}

}  // namespace gpu
