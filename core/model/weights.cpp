#include "core/model/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/base/error.h"

namespace core::model {

namespace {

using quant::QuantizedTensorPtr;
using tensor::Shape;

/// A tensor to load: where it goes, its name, and the shape the config asks for.
struct Request {
  QuantizedTensorPtr* target;
  std::string name;
  Shape shape;
  bool required = true;
};

void requestBlock(const ModelConfig& config, std::uint32_t layer, BlockWeights& block, std::vector<Request>& requests) {
  const auto add = [&](QuantizedTensorPtr& target, const char* role, Shape shape, bool required = true) {
    requests.push_back({&target, fmt::format("blk.{}.{}", layer, role), std::move(shape), required});
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

/// Parameters that change the function, but that the graph would not use.
void refuseUnknownBiases(const io::Checkpoint& checkpoint) {
  for (const char* name : {"blk.0.ffn_gate.bias", "blk.0.ffn_up.bias", "blk.0.ffn_down.bias", "output.bias"}) {
    if (checkpoint.find(name)) {
      throw Error(
          ErrorCode::Unsupported,
          fmt::format("{} has the tensor {}, which models that can chat here do not have.", checkpoint.name(), name),
          name);
    }
  }
}

template <typename Visit>
void visitTensors(const ModelWeights& weights, const Visit& visit) {
  visit(weights.embedding);
  visit(weights.outputNorm);
  visit(weights.output);
  for (const BlockWeights& block : weights.blocks) {
    for (const QuantizedTensorPtr* tensor :
         {&block.attentionNorm, &block.query, &block.key, &block.value, &block.attentionOutput, &block.queryBias,
          &block.keyBias, &block.valueBias, &block.attentionOutputBias, &block.feedForwardNorm, &block.gate, &block.up,
          &block.down}) {
      visit(*tensor);
    }
  }
}

}  // namespace

std::uint64_t ModelWeights::bytes() const {
  std::set<const quant::QuantizedTensor*> seen;
  std::uint64_t total = 0;
  visitTensors(*this, [&](const QuantizedTensorPtr& tensor) {
    if (tensor && seen.insert(tensor.get()).second) total += tensor->bytes();
  });
  return total;
}

bool isQuantizable(std::string_view tensorName) {
  // As GGUF files and as Hugging Face checkpoints name them.
  static constexpr std::array<std::string_view, 11> kGguf = {
      "attn_q.weight",        "attn_k.weight",      "attn_v.weight",       "attn_output.weight",
      "attn_qkv.weight",      "ffn_gate.weight",    "ffn_up.weight",       "ffn_down.weight",
      "ffn_gate_exps.weight", "ffn_up_exps.weight", "ffn_down_exps.weight"};
  static constexpr std::array<std::string_view, 7> kHuggingFace = {
      "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight", "self_attn.o_proj.weight",
      "mlp.gate_proj.weight",    "mlp.up_proj.weight",      "mlp.down_proj.weight"};
  const auto endsWithRole = [&](std::string_view role) {
    return tensorName.size() > role.size() && tensorName.ends_with(role) &&
           tensorName[tensorName.size() - role.size() - 1] == '.';
  };
  return (tensorName.starts_with("blk.") && std::any_of(kGguf.begin(), kGguf.end(), endsWithRole)) ||
         std::any_of(kHuggingFace.begin(), kHuggingFace.end(), endsWithRole);
}

WeightLibrary::WeightLibrary(std::shared_ptr<const io::Checkpoint> checkpoint) : m_checkpoint(std::move(checkpoint)) {}

ModelWeights WeightLibrary::load(const ModelConfig& config, const std::optional<quant::Scheme>& scheme,
                                 const JobContext& job) {
  refuseUnknownBiases(*m_checkpoint);
  ModelWeights weights;
  weights.blocks.resize(config.layers);
  const Shape matrix{config.vocabulary, config.width};
  const bool tied = !m_checkpoint->find("output.weight");
  QuantizedTensorPtr frequencyFactors;
  std::vector<Request> requests;
  requests.push_back({&weights.embedding, "token_embd.weight", matrix});
  requests.push_back({&weights.outputNorm, "output_norm.weight", {config.width}});
  if (!tied) requests.push_back({&weights.output, "output.weight", matrix});
  requests.push_back({&frequencyFactors, "rope_freqs.weight", {config.ropeDimensions / 2}, false});
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    requestBlock(config, layer, weights.blocks[layer], requests);
  }
  std::erase_if(requests, [&](const Request& r) { return !r.required && !m_checkpoint->find(r.name); });

  // One after the other: quantize() itself uses all cores, and this way only one decoded tensor is in memory.
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Request& request = requests[i];
    const auto count = static_cast<double>(requests.size()), index = static_cast<double>(i);
    const JobContext part = job.part(index / count, (index + 1) / count);
    part.progress(0.0, "Preparing weights");
    *request.target = tensor(request.name, scheme, request.shape, part);
  }
  if (tied) weights.output = weights.embedding;
  if (frequencyFactors) weights.ropeFrequencyFactors = quant::dequantize(*frequencyFactors, job);
  return weights;
}

quant::QuantizedTensorPtr WeightLibrary::tensor(const std::string& name, const std::optional<quant::Scheme>& scheme,
                                                const tensor::Shape& expected, const JobContext& job) {
  const tensor::TensorView view = m_checkpoint->view(name);
  if (view.shape != expected) {
    throw Error(
        ErrorCode::InvalidFile,
        fmt::format("{} should have the shape {}, but has {}.", name, expected.toString(), view.shape.toString()),
        name);
  }
  const bool apply = scheme && isQuantizable(name);
  const std::string key = name + '\n' + (apply ? scheme->toString() : std::string());
  {
    const std::lock_guard lock(m_mutex);
    if (auto known = m_cache[key].lock()) return known;
  }
  // Outside the lock: quantizing takes long, and other tensors may be loaded meanwhile.
  QuantizedTensorPtr made = apply ? quant::quantize(*scheme, view, job) : quant::wrapStored(view);
  const std::lock_guard lock(m_mutex);
  std::weak_ptr<const quant::QuantizedTensor>& entry = m_cache[key];
  if (auto known = entry.lock()) return known;  // another thread was faster: everybody shares its object
  entry = made;
  return made;
}

}  // namespace core::model
