#include "core/model/weight_requests.h"

#include <fmt/format.h>

#include <unordered_set>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/llama_tensors.h"
#include "core/model/product_scale.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {

using quant::QuantizedTensorPtr;
using tensor::Shape;

void requestBlock(const io::Checkpoint& checkpoint, const ModelConfig& config, std::uint32_t layer, BlockWeights& block,
                  std::vector<WeightRequest>& requests) {
  const auto add = [&](QuantizedTensorPtr& target, const char* role, Shape shape, bool required = true) {
    requests.push_back(
        {&target, llamaTensor(checkpoint, fmt::format("blk.{}.{}", layer, role)), std::move(shape), required});
  };
  const std::uint64_t width = config.width;
  const std::uint64_t hidden = config.feedForward;
  const std::uint64_t queries = std::uint64_t{config.heads} * config.headSize;
  const std::uint64_t keys = std::uint64_t{config.kvHeads} * config.headSize;
  const std::uint64_t values = std::uint64_t{config.kvHeads} * config.valueHeadSize;
  const std::uint64_t attended = std::uint64_t{config.heads} * config.valueHeadSize;
  add(block.attentionNorm, "attn_norm.weight", {width});
  add(block.query, "attn_q.weight", {queries, width});
  add(block.key, "attn_k.weight", {keys, width});
  add(block.value, "attn_v.weight", {values, width});
  add(block.attentionOutput, "attn_output.weight", {width, attended});
  add(block.queryBias, "attn_q.bias", {queries}, false);
  add(block.keyBias, "attn_k.bias", {keys}, false);
  add(block.valueBias, "attn_v.bias", {values}, false);
  add(block.attentionOutputBias, "attn_output.bias", {width}, false);
  add(block.feedForwardNorm, "ffn_norm.weight", {width});
  add(block.gate, "ffn_gate.weight", {hidden, width});
  add(block.up, "ffn_up.weight", {hidden, width});
  add(block.down, "ffn_down.weight", {width, hidden});
}

/// The towers of vision and audio, which a merged GGUF file may carry, feed on what is no text.
bool isOfAnotherInput(const io::Checkpoint& checkpoint, std::string_view name) {
  return checkpoint.format() == io::FileFormat::Gguf &&
         (name.starts_with("v.") || name.starts_with("a.") || name.starts_with("mm."));
}

void refuseUnasked(const io::Checkpoint& checkpoint, const std::unordered_set<std::string>& asked) {
  const io::TensorInfo* first = nullptr;
  std::size_t count = 0;
  for (const io::TensorInfo& tensor : checkpoint.tensors()) {
    if (asked.contains(tensor.name) || !tensor.pieceOf.empty() || isOfAnotherInput(checkpoint, tensor.name) ||
        isWithoutEffect(checkpoint, tensor))
      continue;
    if (first == nullptr) first = &tensor;
    ++count;
  }
  if (first == nullptr) return;
  const std::string others = count == 1 ? "" : fmt::format(" and {} more", count - 1);
  throw Error(ErrorCode::Unsupported,
              fmt::format("{} has the tensor {}{}, which models that can chat here do not have: it opens for "
                          "inspection, but cannot chat yet.",
                          checkpoint.name(), io::inQuotes(first->name), others),
              first->name);
}

}  // namespace

std::vector<WeightRequest> weightRequests(const io::Checkpoint& checkpoint, const ModelConfig& config,
                                          ModelWeights& weights, QuantizedTensorPtr& frequencyFactors) {
  weights.blocks.resize(config.layers);
  const Shape matrix{config.vocabulary, config.width};
  std::vector<WeightRequest> requests;
  const auto name = [&](const char* ggufName) { return llamaTensor(checkpoint, ggufName); };
  requests.push_back({&weights.embedding, name("token_embd.weight"), matrix, true, false});
  requests.push_back({&weights.outputNorm, name("output_norm.weight"), {config.width}});
  if (hasOwnOutput(checkpoint)) requests.push_back({&weights.output, name("output.weight"), matrix});
  requests.push_back({&frequencyFactors, "rope_freqs.weight", {config.ropeDimensions / 2}, false});
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    requestBlock(checkpoint, config, layer, weights.blocks[layer], requests);
  }
  return requests;
}

void checkTensors(const io::Checkpoint& checkpoint, const ModelConfig& config) {
  ModelWeights weights;
  QuantizedTensorPtr frequencyFactors;
  const std::vector<WeightRequest> requests = weightRequests(checkpoint, config, weights, frequencyFactors);
  std::unordered_set<std::string> asked;
  for (const WeightRequest& request : requests) {
    asked.insert(request.name);
    if (!request.takesScale() || checkpoint.format() != io::FileFormat::Gguf || !checkpoint.find(request.name))
      continue;
    const auto [scale, inputScale] = productScaleNames(request.name);
    asked.insert({scale, inputScale});
    static_cast<void>(productScale(checkpoint, request.name));  // throws for one that is no number
  }
  refuseUnasked(checkpoint, asked);
  for (const WeightRequest& request : requests) {
    const auto index = checkpoint.find(request.name);
    if (!index && request.required) {
      throw Error(ErrorCode::Unsupported,
                  fmt::format("{} has no tensor {}, which every model that can chat here has: it opens for inspection, "
                              "but cannot chat yet.",
                              checkpoint.name(), request.name),
                  request.name);
    }
    if (!index) continue;
    const io::TensorInfo& weight = checkpoint.tensors()[*index];
    if (!quant::isLoadable(weight)) static_cast<void>(quant::loadTensor(checkpoint, *index));  // which says why
    if (weight.shape == request.shape) continue;
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{} should have the shape {}, but has {}.", request.name, request.shape.toString(),
                            weight.shape.toString()),
                request.name);
  }
}

}  // namespace core::model
