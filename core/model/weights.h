#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/config.h"
#include "core/model/tensor_roles.h"
#include "core/quant/quantizer.h"

namespace core::model {

/// Weights of one transformer block. Matrices are [out, in]; absent biases are null.
struct BlockWeights {
  quant::QuantizedTensorPtr attentionNorm, query, key, value, attentionOutput;
  quant::QuantizedTensorPtr queryBias, keyBias, valueBias, attentionOutputBias;
  quant::QuantizedTensorPtr feedForwardNorm, gate, up, down;
};

/// All weights of a model, by role.
struct ModelWeights {
  quant::QuantizedTensorPtr embedding, outputNorm;
  quant::QuantizedTensorPtr output;         ///< the same object as embedding when tied
  std::vector<float> ropeFrequencyFactors;  ///< rope_freqs.weight, usually empty
  std::vector<BlockWeights> blocks;
  /// Stored bytes of all distinct tensors (a tied output counts once).
  std::uint64_t bytes() const;
};

/// Makes ModelWeights from a checkpoint and remembers them, so that identical tensors (norms, embedding, the same
/// scheme in two panes) are one object in memory and, through it, one buffer on the device. Thread-safe.
class WeightLibrary {
 public:
  explicit WeightLibrary(std::shared_ptr<const io::Checkpoint> checkpoint);
  const std::shared_ptr<const io::Checkpoint>& checkpoint() const { return m_checkpoint; }
  const std::vector<TensorChoice>& choices() const { return m_choices; }

  /// The stored weights (no scheme), or with `scheme` applied to the tensors that chooseTensors() names.
  /// Checks that every tensor exists and has the shape the config asks for.
  /// @throws Error (InvalidFile, Unsupported, InvalidArgument), Cancelled
  ModelWeights load(const ModelConfig& config, const std::optional<quant::Scheme>& scheme,
                    const JobContext& job = JobContext());

 private:
  quant::QuantizedTensorPtr tensor(const std::string& name, const std::optional<quant::Scheme>& scheme,
                                   const JobContext& job);

  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  std::vector<TensorChoice> m_choices;  ///< one per tensor of the checkpoint
  std::mutex m_mutex;
  std::unordered_map<std::string, std::weak_ptr<const quant::QuantizedTensor>> m_cache;  ///< key: name + '\n' + scheme
};

}  // namespace core::model
