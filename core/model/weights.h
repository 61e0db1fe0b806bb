#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/config.h"
#include "core/model/recipe/adapter_factors.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/tensor_roles.h"
#include "core/model/weight_kind.h"
#include "core/quant/quantizer.h"

namespace core::model {

struct WeightRequest;

/// All weights of a model, by what they do. Matrices are [out, in].
struct ModelWeights {
  WeightSet shared;  ///< beside the blocks; an output that is tied is the same object as the embedding
  std::vector<WeightSet> blocks;
  std::vector<AdapterFactors> adapters;  ///< buildGraph() adds them (adapter_graph.h)
  /// Stored bytes of all distinct tensors (a tied output counts once).
  std::uint64_t bytes() const;
};

/// Makes ModelWeights from a checkpoint and remembers them, so that identical tensors (norms, embedding, the same
/// scheme in two panes) are one object in memory and, through it, one buffer on the device: two recipes that differ in
/// one tensor share all others. Thread-safe.
class WeightLibrary {
 public:
  explicit WeightLibrary(std::shared_ptr<const io::Checkpoint> checkpoint);
  const std::shared_ptr<const io::Checkpoint>& checkpoint() const { return m_checkpoint; }
  const std::vector<TensorChoice>& choices() const { return m_choices; }

  /// The weights as the recipe says; the default one leaves them as they are stored.
  /// Checks that every tensor exists and has the shape the config asks for, replacements included.
  /// @param calibration for schemes that look at data; null: those refuse
  /// @throws Error (InvalidFile, Unsupported, InvalidArgument), Cancelled
  ModelWeights load(const ModelConfig& config, const Recipe& recipe, const JobContext& job = JobContext(),
                    quant::Calibration* calibration = nullptr);

 private:
  /// What is done to a tensor beside what the recipe decides.
  struct Change {
    float scale;       ///< products with it are multiplied by (product_scale)
    float offset;      ///< is added to its values
    bool isLogarithm;  ///< it holds x for −e^x
    bool hasMiddle;    ///< and has a side of 1 between its rows and columns
  };
  Change changeOf(const WeightRequest& request, const std::string& name, const TensorDecision& decision) const;
  quant::QuantizedTensorPtr single(const WeightRequest& request, const std::string& name, const RecipePlan& plan,
                                   const JobContext& job, quant::Calibration* calibration);
  /// The matrices of all experts. Stacks of two panes are one object if nothing differs.
  quant::QuantizedTensorPtr stack(const WeightRequest& request, const RecipePlan& plan, const JobContext& job,
                                  quant::Calibration* calibration);
  /// What makes a tensor what it is, beside replacements.
  std::string keyOf(std::size_t index, const TensorDecision& decision, quant::Calibration* calibration) const;
  quant::QuantizedTensorPtr tensor(std::size_t index, const TensorDecision& decision, const Change& change,
                                   const JobContext& job, quant::Calibration* calibration);

  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  std::vector<TensorChoice> m_choices;  ///< one per tensor of the checkpoint
  std::mutex m_mutex;
  std::unordered_map<std::string, std::weak_ptr<const quant::QuantizedTensor>>
      m_cache;  ///< key: name, scheme, calibration
};

}  // namespace core::model
