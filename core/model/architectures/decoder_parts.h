#pragma once
#include <optional>
#include <vector>

#include "core/model/graph_builder.h"

namespace core::model {

/// Writes the parts that decoders are made of; each architecture says how they are wired. Values are named by what made
/// them: "blk.3.attn_q". A weight that the model does not have is a step that it does not take (a bias, a norm of
/// queries and keys).
class DecoderParts {
 public:
  DecoderParts(const ModelConfig& config, const ModelWeights& weights);

  ValueId embed();
  /// RMSNorm, or the architecture's LayerNorm, under a weight of the block, of every head where it is as short as one.
  /// @param name "attn_norm"
  ValueId norm(const char* name, std::uint32_t layer, WeightKind weight, ValueId x);
  /// Wo · attention(rope(norm(Wq x)), rope(norm(Wk x)), Wv x), or, in a layer that keeps a state, what the architecture
  /// has there
  ValueId mixer(std::uint32_t layer, ValueId x);
  /// What the model has: experts, Wdown · (activation(Wgate x) · (Wup x)), or Wdown · activation(Wup x) without a gate
  ValueId feedForward(std::uint32_t layer, ValueId x);
  /// Attention and a feed-forward part with norms before and behind them.
  ValueId blockNormedOnBothSides(std::uint32_t layer, ValueId x);
  /// x + y, y times the config's scale. @param name "attn_residual"
  ValueId add(const char* name, std::uint32_t layer, ValueId x, ValueId y);
  /// Wout · norm(x) of the rows that are wanted
  void logits(ValueId x);

  const ModelConfig& config() const { return m_config; }
  const WeightSet& block(std::uint32_t layer) const { return m_weights.blocks[layer]; }
  const WeightSet& shared() const { return m_weights.shared; }
  GraphBuilder& builder() { return m_builder; }
  const Rope& rope() const { return m_rope; }
  /// A product with a weight of the block, and its bias.
  ValueId project(const char* name, std::uint32_t layer, ValueId x, WeightKind weight,
                  std::optional<WeightKind> bias = {});
  Graph take() { return m_builder.take(); }

 private:
  struct Heads {
    ValueId query = kNoValue, key = kNoValue, value = kNoValue;
    ValueId gate = kNoValue;  ///< of what is attended, where there is one
  };
  ValueId attention(std::uint32_t layer, ValueId x);
  /// Norms and rotates them, and stores keys and values where the layer has its own. @return the cache's number
  std::uint32_t prepare(std::uint32_t layer, Heads& heads);
  /// Of one matrix each, or of one for all.
  Heads heads(std::uint32_t layer, ValueId x);
  ValueId scaled(std::string name, ValueId x, float scale);
  ValueId normed(std::string name, ValueId x, const WeightSet& weights, WeightKind weight);
  struct UnitKinds {
    const char* ending;  ///< of the names of its values
    WeightKind gate, up, both;
    std::uint32_t width;
  };
  ValueId gatedUnit(std::uint32_t layer, ValueId x, const UnitKinds& kinds);
  ValueId denseFeedForward(std::uint32_t layer, ValueId x);
  /// What all tokens go through beside experts.
  ValueId sharedFeedForward(std::uint32_t layer, ValueId x);
  /// Σ over the experts that the router chooses. @param routed what it reads
  ValueId expertFeedForward(std::uint32_t layer, ValueId x, ValueId routed);
  /// Numbers of experts, and how much each counts.
  ValueId routes(std::uint32_t layer, ValueId x);
  /// The dense part and the experts side by side, each between norms of its own. @param x what they are added to
  ValueId denseBesideExperts(std::uint32_t layer, ValueId x);
  /// @param routes what the router chose  @param weight, bias kinds of a stack and its biases
  ValueId expertProduct(const char* name, std::uint32_t layer, ValueId x, ValueId routes, WeightKind weight,
                        WeightKind bias);

  const ModelConfig& m_config;
  const ModelWeights& m_weights;
  GraphBuilder m_builder;
  Rope m_rope, m_queryRope, m_windowRope;
  std::vector<std::uint32_t> m_kept;  ///< of each layer: which keys and values it sees
};

/// Blocks of attention and a feed-forward part, each behind a norm and added to what runs through.
Graph buildPreNormDecoder(const ModelConfig& config, const ModelWeights& weights);
/// The same, with a norm of what is added, too.
Graph buildNormedOnBothSides(const ModelConfig& config, const ModelWeights& weights);

}  // namespace core::model
