#include "app/session/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/known_shapes.h"
#include "core/base/error.h"
#include "core/model/architectures/architecture.h"
#include "core/model/cpu_executor.h"
#include "core/model/cpu_kv_cache.h"
#include "core/quant/format.h"
#include "core/quant/hollow_tensors.h"
#include "core/quant/model_size.h"
#ifdef QS_HAS_GPU
#include "gpu/memory_plan.h"
#include "gpu/vulkan_device.h"
#endif

namespace app {

namespace {

using core::Error;
using core::ErrorCode;
using core::model::Graph;
using core::model::ModelConfig;
using core::model::ModelWeights;
using core::model::Recipe;
using core::model::WeightKind;
using core::quant::QuantizedTensorPtr;

constexpr std::uint32_t kPeerBatch = 512;          // llama.cpp's n_ubatch
constexpr std::uint32_t kMostContext = 1U << 24U;  // beyond this nobody asks

void addFootprints(PlannedModel& plan) {
  const auto host = core::model::CpuExecutor::plannedMemory(*plan.graph);
  plan.weightBytes = static_cast<double>(host.weightBytes);
  plan.host = {.weights = plan.weightBytes, .compute = static_cast<double>(host.residentBytes - host.weightBytes)};
  plan.graphics = plan.host;
#ifdef QS_HAS_GPU
  const auto of = [&](std::optional<std::uint32_t> device) {
    const auto memory = gpu::plannedMemory(*plan.graph, device);
    return PlannedModel::Footprint{static_cast<double>(memory.weights), static_cast<double>(memory.compute),
                                   std::make_shared<const std::vector<core::model::WeightLoad>>(memory.loads),
                                   memory.reservedBytes(*plan.graph, 0)};
  };
  plan.graphics = of(std::nullopt);
  for (const auto& device : gpu::enumerateDevices())
    if (device.unusable.empty()) plan.vulkan[device.index] = of(device.index);
#endif
}

PlannedModel planGraph(Graph graph, const ModelConfig& config, const Recipe& recipe) {
  PlannedModel plan;
  plan.scheme = recipe.toString();
  plan.title = recipe.displayName();
  plan.kv = kvLayoutOf(config);
  plan.vocabulary = config.vocabulary;
  plan.width = config.width;
  plan.trainedContext = config.contextLength;
  plan.types = core::model::bytesByType(graph);
  for (const auto& type : plan.types) plan.parameters += static_cast<double>(type.weights);
  plan.graph = std::make_shared<const Graph>(std::move(graph));
  addFootprints(plan);
  return plan;
}

ModelConfig configOf(const LlamaShape& shape) {
  ModelConfig config;
  config.architecture = core::model::findArchitecture(core::io::FileFormat::Gguf, "llama");
  config.vocabulary = static_cast<std::uint32_t>(shape.vocabulary);
  config.width = static_cast<std::uint32_t>(shape.width);
  config.layers = shape.blocks;
  config.feedForward = static_cast<std::uint32_t>(shape.hidden);
  config.heads = shape.heads;
  config.kvHeads = shape.keyHeads;
  config.headSize = config.valueHeadSize = config.ropeDimensions = static_cast<std::uint32_t>(shape.headSize);
  return config;
}

/// Where a tensor of LlamaShape::tensors() belongs.
QuantizedTensorPtr* placeOf(ModelWeights& weights, const ModelConfig& config, const std::string& name) {
  const auto rows = config.architecture->weights;
  const bool isOfBlock = name.starts_with("blk.");
  const std::size_t dot = isOfBlock ? name.find('.', 4) : 0;
  const std::string known = isOfBlock ? name.substr(dot + 1) : name;
  const auto row = std::ranges::find(rows, known, &core::model::WeightRow::gguf);
  if (row == rows.end()) return nullptr;
  return isOfBlock ? &weights.blocks.at(std::stoul(name.substr(4, dot - 4)))[row->kind] : &weights.shared[row->kind];
}

ModelWeights weightsOf(const LlamaShape& shape, const ModelConfig& config, const Recipe& recipe) {
  const auto tensors = shape.tensors();
  const auto plan = core::model::planRecipe(recipe, shape.mixtureModel(), tensors, core::io::FileFormat::Gguf);
  core::quant::HollowTensors hollow;
  ModelWeights weights;
  weights.blocks.resize(shape.blocks);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& scheme = plan.tensors[i].scheme;
    QuantizedTensorPtr* place = placeOf(weights, config, tensors[i].name);
    if (place == nullptr) continue;
    *place = scheme ? hollow.quantized(tensors[i].name, *scheme, tensors[i].shape)
                    : core::quant::HollowTensors::stored(tensors[i].name, tensors[i].dtype, tensors[i].shape);
  }
  auto& output = weights.shared[WeightKind::Output];
  if (!output) output = weights.shared[WeightKind::Embedding];
  return weights;
}

double kvBytes(const PlannedModel& model, const PlannedDevice& device, const MemoryQuestion& question) {
  if (question.program == Program::LlamaCpp || !model.graph || model.kvIsTyped)
    return question.sequences * model.kv.bytes(question.context, question.kv);
#ifdef QS_HAS_GPU
  if (device.kind != PlannedDevice::Kind::Host)
    return question.sequences * static_cast<double>(gpu::plannedKvBytes(*model.graph, question.context, question.kv));
#else
  static_cast<void>(device);
#endif
  return question.sequences *
         static_cast<double>(core::model::plannedKvBytes(*model.graph, question.context, question.kv));
}

PlannedModel::Footprint footprintOn(const PlannedModel& model, const PlannedDevice& device, Program program) {
  if (program == Program::LlamaCpp || !model.graph)
    return {.weights = model.weightBytes,
            .compute = 4.0 * kPeerBatch * (static_cast<double>(model.vocabulary) + model.width)};
  if (device.kind == PlannedDevice::Kind::Host) return model.host;
  if (device.kind == PlannedDevice::Kind::Vulkan)
    if (const auto found = model.vulkan.find(device.index); found != model.vulkan.end()) return found->second;
  return model.graphics;
}

}  // namespace

PlannedModel planModel(OpenModel& model, const Recipe& recipe, const core::JobContext& job) {
  if (model.whyNotRunnable()) throw Error(ErrorCode::Unsupported, *model.whyNotRunnable());
  const ModelWeights weights = core::model::planWeights(model.weights(), model.config(), recipe, job);
  return planGraph(core::model::buildGraph(model.config(), weights), model.config(), recipe);
}

PlannedModel planShape(const LlamaShape& shape, const KvLayout& kv, const Recipe& recipe,
                       std::uint32_t trainedContext) {
  const ModelConfig config = configOf(shape);
  PlannedModel plan = planGraph(core::model::buildGraph(config, weightsOf(shape, config, recipe)), config, recipe);
  plan.kv = kv;
  plan.trainedContext = trainedContext;
  return plan;
}

PlannedModel planParameters(double parameters, const std::optional<KvLayout>& kv, const Recipe& recipe) {
  const KnownShape& near = nearestShape(parameters);
  PlannedModel plan;
  plan.scheme = recipe.toString();
  plan.title = recipe.displayName();
  plan.parameters = parameters;
  const core::quant::Scheme* scheme = recipe.asScheme();
  const double bits = scheme != nullptr ? core::quant::largeMatrixBitsPerWeight(scheme->format)
                                        : 8 * near.shape.bytesUnder(recipe) / near.shape.parameters();
  plan.weightBytes = parameters * bits / 8;
  plan.kv = kv.value_or(near.kv());
  plan.vocabulary = static_cast<std::uint32_t>(near.shape.vocabulary);
  plan.width = static_cast<std::uint32_t>(near.shape.width);
  plan.types = {{plan.scheme, 0, static_cast<std::uint64_t>(parameters), static_cast<std::uint64_t>(plan.weightBytes)}};
  plan.note = kv ? fmt::format("compute buffers as of {}", near.title)
                 : fmt::format("keys, values and compute buffers as of {}", near.title);
  return plan;
}

MemoryParts partsOn(const PlannedModel& model, const PlannedDevice& device, const MemoryQuestion& question) {
  const auto footprint = footprintOn(model, device, question.program);
  MemoryParts parts{.weights = footprint.weights,
                    .kvCache = kvBytes(model, device, question),
                    .compute = footprint.compute,
                    .overhead = static_cast<double>(device.overheadBytes)};
  if (device.hostBytes == 0 || !footprint.loads) return parts;
  const double reserved = static_cast<double>(footprint.reservedBytes) + parts.kvCache;
  const auto usable = static_cast<double>(device.usable());
  if (reserved > usable) return parts;
  const auto placement =
      core::model::placeWeights(*footprint.loads, {static_cast<std::uint64_t>(usable - reserved), device.hostBytes});
  if (!placement) return parts;
  parts.hostWeights = static_cast<double>(placement->hostBytes);
  parts.weights -= parts.hostWeights;
  parts.hostParts = placement->hostParts;
  return parts;
}

DevicePlan planOn(const PlannedModel& model, const PlannedDevice& device, const MemoryQuestion& question) {
  DevicePlan plan{device, partsOn(model, device, question), static_cast<double>(device.usable() + device.overheadBytes),
                  0};
  const auto fits = [&](std::uint32_t context) {
    MemoryQuestion asked = question;
    asked.context = context;
    return partsOn(model, device, asked).total() <= plan.capacity;
  };
  if (!fits(1)) return plan;
  std::uint32_t low = 1, high = kMostContext;
  while (low < high) {
    const std::uint32_t middle = low + (high - low + 1) / 2;
    if (fits(middle))
      low = middle;
    else
      high = middle - 1;
  }
  plan.longestContext = low;
  return plan;
}

}  // namespace app
