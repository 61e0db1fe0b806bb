#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/model/config.h"
#include "core/model/weights.h"

namespace core::model {

enum class OpKind : std::uint8_t {
  Embed,      ///< out[t] = row tokens[t] of weight
  RmsNorm,    ///< out[t] = in[t] / sqrt(mean(in[t]²) + epsilon) · weight
  MatMul,     ///< out[t] = weight · in[t] (+ bias); weight [out.width, in.width]
  Rope,       ///< rotates the first ropeDimensions of every head of `in` in place (out == in); heads = width / headSize
  StoreKv,    ///< appends inputs k, v of this layer to the KV cache; no output
  Attention,  ///< causal grouped-query attention of `in` (queries) over the KV cache of this layer
  SwiGlu,     ///< out = silu(in) · second, element by element
  Add,        ///< out = in + second; out may be in
  TakeRows    ///< keeps the rows whose logits are wanted (the last token, or all)
};

/// Index of an activation in Graph::values.
using ValueId = std::uint32_t;
inline constexpr ValueId kNoValue = ~ValueId{0};

/// An activation: float32 [tokens, width]. Named as hooks and traces show it: "blk.3.attn_q".
struct Value {
  std::string name;
  std::uint32_t width;
};

struct Op {
  OpKind kind;
  ValueId in = kNoValue;
  ValueId second = kNoValue;
  ValueId out = kNoValue;
  quant::QuantizedTensorPtr weight;  ///< Embed, RmsNorm, MatMul
  quant::QuantizedTensorPtr bias;    ///< MatMul, may be null
  std::uint32_t layer = 0;           ///< StoreKv, Attention
};

/// One architecture's computation as a flat list of operations over named activations. The CPU executor and the
/// Vulkan executor run the same list; the last op's output is the logits, [wanted rows, vocabulary].
struct Graph {
  ModelConfig config;
  std::vector<float> ropeFrequencies;  ///< radians per position, [ropeDimensions / 2]
  std::vector<Value> values;
  std::vector<Op> ops;
  std::uint64_t weightBytes = 0;
};

/// Llama 2/3, TinyLlama, Mistral, SmolLM.
Graph buildLlamaGraph(const ModelConfig& config, const ModelWeights& weights);

/// The graph of whatever architecture the config names. One place to add an architecture.
Graph buildGraph(const ModelConfig& config, const ModelWeights& weights);

}  // namespace core::model
