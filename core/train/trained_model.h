#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/train/dropout.h"
#include "core/train/reverse_pass.h"

namespace core::train {

/// Numbers that an optimizer moves, all in the same way.
struct Parameter {
  std::string name;             ///< unique within a run: "blk.0.attn_q.weight", "blk.0.attn_q.weight.scales"
  std::vector<float> values;    ///< never resized
  std::vector<float> gradient;  ///< of the same size: what add() sums into
  double rateFactor = 1.0;      ///< of the learning rate
  bool decays = true;           ///< whether weight decay is for it
};

/// What a run trains of a model, and what the model computes with meanwhile: fake-quantized weights made of latent ones
/// (QatModel), a frozen base with adapters (LoraModel). Used by one thread at a time.
class TrainedModel {
 public:
  TrainedModel() = default;
  virtual ~TrainedModel() = default;
  TrainedModel(const TrainedModel&) = delete;
  TrainedModel& operator=(const TrainedModel&) = delete;

  virtual const model::Graph& graph() const = 0;
  /// Of the graph, as the pass is to read them; what they read changes with prepare(), they stay the same objects.
  virtual const std::vector<PassWeight>& weights() const = 0;
  /// Those whose gradients add() wants to see.
  virtual std::span<const WeightId> wanted() const = 0;

  virtual std::span<Parameter> parameters() = 0;
  /// Makes of the parameters what weights() read. Called before the first forward and after every change of them.
  /// @throws Cancelled, after which it must be called again
  virtual void prepare(const JobContext& job) = 0;
  /// Turns a panel of a weight's gradient into the parameters', added to them. Several panels make a weight, several
  /// sets of sequences a step.
  virtual void add(const WeightGradient<float>& panel) = 0;
  /// What is left out at random in one forward of training. @param seed another one for every forward
  virtual std::vector<Dropout> dropouts(std::uint64_t seed) const {
    static_cast<void>(seed);
    return {};
  }
};

}  // namespace core::train
