// How VulkanExecutor turns steps into commands.
#include <algorithm>
#include <array>

#include "gpu/kernels/arrange_columns_kernel.h"
#include "gpu/kernels/attention_kernel.h"
#include "gpu/kernels/elementwise_kernel.h"
#include "gpu/kernels/embed_kernel.h"
#include "gpu/kernels/experts_kernel.h"
#include "gpu/kernels/layer_norm_kernel.h"
#include "gpu/kernels/quantize_rows_kernel.h"
#include "gpu/kernels/recurrent_kernels.h"
#include "gpu/kernels/rms_norm_kernel.h"
#include "gpu/kernels/rope_kernel.h"
#include "gpu/kernels/slice_kernel.h"
#include "gpu/kernels/store_kv_kernel.h"
#include "gpu/step_context.h"

namespace gpu {

using core::model::Op;
using core::model::OpKind;
using core::model::ValueId;

std::vector<const Step*> VulkanExecutor::stepsOf(const Workspace& workspace, const Batch& batch) {
  std::vector<const Step*> steps;
  for (const Step& step : workspace.steps()) {
    if (step.kind == OpKind::TakeRows && batch.rows == Rows::None) break;  // nothing of this batch is wanted behind it
    steps.push_back(&step);
  }
  return steps;
}

Script VulkanExecutor::record(Workspace& workspace, const Batch& batch, const vk::Timestamps* stamps) {
  Recorder recorder(m_device->pipelines(), m_device->choice(), static_cast<std::uint32_t>(batch.tokens.size()));
  StepContext context{workspace, recorder, batch.sequences, 0};
  std::uint32_t stamped = 0;
  const auto stamp = [&] {
    if (stamps != nullptr) recorder.stamp(*stamps, stamped++);
  };
  if (stamps != nullptr) recorder.reset(*stamps);
  stamp();
  for (const Step* const step : stepsOf(workspace, batch)) {
    if (step->kind == OpKind::TakeRows) {
      // Of several sequences each has one row: all are last ones.
      if (batch.isOfOne() && (batch.rows == Rows::Last || batch.rows == Rows::Candidates)) {
        context.firstRow = recorder.tokens() - 1;
        recorder.setTokens(1);
      }
    } else {
      recordStep(context, *step);
      recorder.barrier();
    }
    stamp();
  }
  recordResults(context, batch);
  return recorder.take();
}

void VulkanExecutor::recordResults(const StepContext& context, const Batch& batch) {
  Recorder& recorder = context.recorder;
  const Place logits = context.place(m_graph.ops.back().out);
  if (batch.rows == Rows::None) return;
  if (batch.rows != Rows::Candidates)
    return context.copyToHost(logits.offset, 0, std::uint64_t{logits.stride} * recorder.tokens());
  std::uint32_t result = context.workspace.candidates();
  for (const SequenceRows& rows : batch.sequences) {
    recorder.setTokens(1, rows.index);
    const CandidateSearch search = searchFor(rows.candidates);
    recordCandidates(recorder, context.workspace.set(nullptr), search,
                     {logits.offset + rows.index * logits.stride, logits.stride}, result);
    result += search.floats();
  }
  recorder.barrier();
  context.copyToHost(context.workspace.candidates(), 0, result - context.workspace.candidates());
}

void VulkanExecutor::recordProducts(const StepContext& context, const Step& step) {
  const bool swiGlu = step.kind == OpKind::Glu;
  std::vector<MatMulTarget> targets;
  for (const Op* op : step.ops) {
    if (op->kind() != OpKind::MatMul) continue;
    const auto& product = op->as<core::model::MatMul>();
    const Resident& weight = residentOf(*op);
    MatMulTarget target;
    target.weight = weight.tensor.get();
    target.table = weight.table;
    target.bias = constantOf(product.bias);
    const bool ownResult = !swiGlu && step.residual == core::model::kNoValue;
    target.out = context.place(ownResult ? op->out : step.out);
    if (step.residual != core::model::kNoValue) target.residual = context.place(step.residual).offset;
    targets.push_back(target);
  }
  std::optional<InputNorm> inputNorm;
  if (step.norm != nullptr) {
    const auto& norm = step.norm->as<core::model::RmsNorm>();
    inputNorm = {normWeight(norm), static_cast<std::uint32_t>(norm.size()), norm.epsilon};
  }
  const ValueId input = step.norm != nullptr ? step.norm->inputs[0] : step.ops[0]->inputs[0];
  recordMatMul(
      context.recorder, [&](const WeightBlock& block) { return context.workspace.set(&block); }, context.place(input),
      targets, swiGlu ? MatMulPairing::SwiGlu : MatMulPairing::Plain, codedInputs(context, *step.ops[0]), inputNorm);
}

std::uint32_t VulkanExecutor::normWeight(const core::model::RmsNorm& norm) const {
  return norm.weight ? constantOf(norm.weight) : m_ones.at(static_cast<std::uint32_t>(norm.size()));
}

/// How the inputs of a product are coded, if they are.
std::optional<CodedInputs> VulkanExecutor::codedInputs(const StepContext& context, const Op& product) const {
  if (m_graph.values[product.inputs[0]].form != core::model::ValueForm::Codes) return std::nullopt;
  CodedInputs coded;
  if (product.inputs.size() > 1) coded.floats = context.place(product.inputs[1]).offset;
  const auto& quantizer = m_graph.maker(product.inputs[0]).as<core::model::QuantizeRows>().quantizer;
  coded.hasZeroPoints = quantizer.zeroPoint != 0;
  return coded;
}

void VulkanExecutor::recordInputChange(const StepContext& context, const Op& op) {
  const VkDescriptorSet plain = context.workspace.set(nullptr);
  const Place in = context.place(op.inputs[0]), out = context.place(op.out);
  const std::uint32_t width = m_graph.values[op.out].width;
  if (op.kind() == OpKind::QuantizeRows)
    return recordQuantizeRows(context.recorder, plain, op.as<core::model::QuantizeRows>().quantizer, in, width, out);
  const ArrangementPlace& arrangement = m_arrangements.at(op.as<core::model::ArrangeColumns>().arrangement.get());
  recordArrangeColumns(context.recorder, plain, in, width, arrangement.order, arrangement.factors, out);
}

void VulkanExecutor::recordNorm(const StepContext& context, const Op& op) {
  const VkDescriptorSet plain = context.workspace.set(nullptr);
  const Place in = context.place(op.inputs[0]), out = context.place(op.out);
  if (const auto* norm = std::get_if<core::model::LayerNorm>(&op.parameters)) {
    const auto width = static_cast<std::uint32_t>(norm->weight->shape.count());
    return recordLayerNorm(context.recorder, plain, in, constantOf(norm->weight), constantOf(norm->bias),
                           {width, m_graph.values[op.out].width / width, norm->epsilon}, out);
  }
  const auto& norm = op.as<core::model::RmsNorm>();
  const auto width = static_cast<std::uint32_t>(norm.size());
  recordRmsNorm(context.recorder, plain, in, normWeight(norm),
                {width, m_graph.values[op.out].width / width, norm.epsilon}, out);
}

void VulkanExecutor::recordExperts(const StepContext& context, const Op& op) {
  const auto& product = op.as<core::model::ExpertMatMul>();
  const Resident& weight = residentOf(op);
  const auto width = static_cast<std::uint32_t>(product.weight->rowValues());
  ExpertsTarget target;
  target.product.weight = weight.tensor.get();
  target.product.table = weight.table;
  target.product.bias = constantOf(product.bias);
  target.product.out = context.place(op.out);
  target.routes = context.place(op.inputs[1]);
  target.used = product.used;
  const std::uint32_t slots = expertSlots(m_graph, op);
  Place in = context.place(op.inputs[0]);
  std::uint32_t stride = in.stride / slots;
  if (const auto& quantizer = product.weight->input) {
    const Place rows{in.offset, stride};
    stride = quantizedStride(*quantizer, width);
    in = {context.workspace.expertInputs(), stride * slots};
    recordQuantizeRows(context.recorder, context.workspace.set(nullptr), *quantizer, rows, width, {in.offset, stride},
                       slots);
    context.recorder.barrier();
    if (quantizer->makesCodes())
      target.coded = CodedInputs{quantizer->threshold > 0.0F ? rows.offset : kNone, quantizer->zeroPoint != 0};
  }
  target.slotWidth = slots == 1 ? 0 : stride;
  recordExpertMatMul(
      context.recorder, [&](const WeightBlock& block) { return context.workspace.set(&block); }, in, target);
}

void VulkanExecutor::recordEmbedding(const StepContext& context, const Op& op) {
  const Resident& weight = residentOf(op);
  recordEmbed(
      context.recorder, [&](const WeightBlock& block) { return context.workspace.set(&block); }, *weight.tensor,
      weight.table, context.place(op.out), std::get_if<core::model::EmbedPositions>(&op.parameters));
}

void VulkanExecutor::recordColumns(const StepContext& context, const Op& op) {
  const auto& columns = op.as<core::model::MapColumns>();
  const auto vector = [&](const core::quant::QuantizedTensorPtr& tensor) {
    return tensor ? ColumnVector{constantOf(tensor), static_cast<std::uint32_t>(tensor->shape.count())}
                  : ColumnVector();
  };
  recordMapColumns(context.recorder, context.workspace.set(nullptr), columns.map, vector(columns.weight),
                   vector(columns.bias), context.place(op.inputs[0]), m_graph.values[op.out].width,
                   context.place(op.out));
}

void VulkanExecutor::recordRecurrent(const StepContext& context, const Op& op) {
  const VkDescriptorSet plain = context.workspace.set(nullptr);
  const auto sets = [&](std::uint32_t state) { return std::array{plain, context.cache().stateSet(state)}; };
  const Place out = context.place(op.out);
  if (const auto* conv = std::get_if<core::model::ShortConv>(&op.parameters))
    return recordShortConv(context.recorder, sets(conv->state), constantOf(conv->weight), constantOf(conv->bias),
                           conv->taps(), context.place(op.inputs[0]), m_graph.values[op.out].width, out);
  const auto& attention = op.as<core::model::LinearAttention>();
  std::array<Place, 5> places;
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = context.place(op.inputs[i]);
  recordLinearAttention(context.recorder, sets(attention.state), attention, places, out);
}

void VulkanExecutor::recordRopes(const StepContext& context, const Step& step) {
  Recorder& recorder = context.recorder;
  std::vector<RopeTarget> targets;
  bool hasCopied = false;
  for (const Op* op : step.ops) {
    const Place in = context.place(op->inputs[0]), out = context.place(op->out);
    targets.push_back({out, m_graph.values[op->out].width});
    if (in.offset == out.offset) continue;
    // Somebody else reads the value as it was.
    recorder.copy(context.workspace.arena(), std::uint64_t{in.offset} * 4, context.workspace.arena(),
                  std::uint64_t{out.offset} * 4, std::uint64_t{in.stride} * 4 * recorder.tokens());
    hasCopied = true;
  }
  if (hasCopied) recorder.barrier();
  context.ofEach([&](const StepContext& own) {
    std::vector<RopeTarget> rotated;
    for (std::size_t i = 0; i < targets.size(); ++i) rotated.push_back({own.place(step.ops[i]->out), targets[i].width});
    // Angles are the same in every layer's set.
    const std::array sets{own.workspace.set(nullptr), own.cache().set(0)};
    recordRope(recorder, sets, ropeShape(own, *step.ops[0]), rotated);
  });
}

void VulkanExecutor::recordStore(const StepContext& context, const Step& step) {
  const Op &first = *step.ops[0], &store = *step.ops.back();
  const std::uint32_t layer = store.as<core::model::StoreKv>().layer;
  context.ofEach([&](const StepContext& own) {
    const std::array sets{own.workspace.set(nullptr), own.cache().set(layer)};
    std::optional<RotationOnTheWay> rotation;
    if (step.ops.size() > 1)
      rotation = {ropeShape(own, first), {own.place(first.out), m_graph.values[first.out].width}};
    const ValueId key = step.ops.size() > 1 ? step.ops[1]->inputs[0] : store.inputs[0];
    recordStoreKv(own.recorder, sets, m_graph.kv[layer], own.cache().type(), own.place(key), own.place(store.inputs[1]),
                  rotation);
  });
}

void VulkanExecutor::recordAttention(const StepContext& context, const Op& op) {
  const auto& attention = op.as<core::model::Attention>();
  std::vector<AttentionRows> sequences;
  for (const SequenceRows& rows : context.sequences)
    sequences.push_back({rows.index,
                         rows.firstRow,
                         rows.rows,
                         {context.workspace.set(nullptr), rows.cache->set(attention.layer)},
                         rows.cache->type(),
                         rows.positions});
  gpu::recordAttention(context.recorder, sequences, attention, m_graph.kv[attention.layer],
                       {context.place(op.inputs[0]), context.place(op.out), constantOf(attention.sinks),
                        context.workspace.attentionParts()});
}

RopeShape VulkanExecutor::ropeShape(const StepContext& context, const Op& op) const {
  const auto& rope = op.as<core::model::Rope>();
  const auto pairs = static_cast<std::uint32_t>(m_graph.ropeTables[rope.table].frequencies.size());
  return {rope.headSize, pairs, context.cache().rotation(rope.table), rope.pairing};
}

void VulkanExecutor::recordStep(const StepContext& context, const Step& step) {
  Recorder& recorder = context.recorder;
  const Op& op = *step.ops[0];
  // Kernels that read no weights still need the set's other bindings; any block's set has them.
  const VkDescriptorSet plain = context.workspace.set(nullptr);
  const auto input = [&](std::size_t i) { return context.place(op.inputs[i]); };
  switch (step.kind) {
    case OpKind::Embed:
      return recordEmbedding(context, op);
    case OpKind::EmbedPositions:
      return context.ofEach([&](const StepContext& own) { recordEmbedding(own, op); });
    case OpKind::RmsNorm:
    case OpKind::LayerNorm:
      return recordNorm(context, op);
    case OpKind::Route: {
      const auto& route = op.as<core::model::Route>();
      return recordRoute(recorder, plain, input(0), m_graph.values[op.inputs[0]].width, route,
                         {constantOf(route.weight), constantOf(route.bias)}, context.place(op.out));
    }
    case OpKind::ExpertMatMul:
      return recordExperts(context, op);
    case OpKind::MixExperts:
      return recordMixExperts(recorder, plain, input(0), input(1), op.as<core::model::MixExperts>().used,
                              context.place(op.out));
    case OpKind::MatMul:
      return recordProducts(context, step);
    case OpKind::Rope:
      return recordRopes(context, step);
    case OpKind::StoreKv:
      return recordStore(context, step);
    case OpKind::Attention:
      return recordAttention(context, op);
    case OpKind::Glu:
      if (step.ops.size() == 3) return recordProducts(context, step);
      return recordElementwise(recorder, plain, elementwiseOf(op.as<core::model::Glu>().activation), input(0), input(1),
                               context.place(op.out));
    case OpKind::Add:
      return recordElementwise(recorder, plain, ElementwiseOp::Add, input(0), input(1), context.place(op.out));
    case OpKind::JoinHeads:
      return recordJoinHeads(recorder, plain, op.as<core::model::JoinHeads>(), input(0),
                             m_graph.values[op.inputs[0]].width, input(1), m_graph.values[op.inputs[1]].width,
                             context.place(op.out));
    case OpKind::MapColumns:
      return recordColumns(context, op);
    case OpKind::ShortConv:
    case OpKind::LinearAttention:
      return context.ofEach([&](const StepContext& own) { recordRecurrent(own, op); });
    case OpKind::Map: {
      const auto& map = op.as<core::model::Map>();
      if (!keepsZero(map.function))
        return recordMapColumns(recorder, plain, map, {}, {}, input(0), m_graph.values[op.out].width,
                                context.place(op.out));
      return recordElementwise(recorder, plain, elementwiseOf(map.function), input(0), input(0), context.place(op.out),
                               map.parameter);
    }
    case OpKind::Slice:
      return recordSlice(recorder, plain, input(0), op.as<core::model::Slice>(), m_graph.values[op.out].width,
                         context.place(op.out));
    case OpKind::ArrangeColumns:
    case OpKind::QuantizeRows:
      return recordInputChange(context, op);
    case OpKind::TakeRows:
      return;
  }
}

}  // namespace gpu
