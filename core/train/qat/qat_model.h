#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/model/config.h"
#include "core/model/weights.h"
#include "core/quant/quantized_tensor.h"
#include "core/train/trained_model.h"

namespace core::train {

/// Where the range of a group's levels comes from while weights move.
enum class QatRange : std::uint8_t {
  Recomputed,   ///< the scheme's own method at every step, of the latent weights
  LearnedStep,  ///< uniform formats: scale (and zero-point) of each group are parameters (LSQ, Esser et al. 2020; LSQ+,
                ///< Bhalgat et al. 2020)
  LearnedClip   ///< uniform formats: the share of the range that the levels span is a parameter per group and side
                ///< (OmniQuant's learnable weight clipping, Shao et al. 2024)
};

/// What is trained beside the latent weights of the quantized matrices.
enum class QatScope : std::uint8_t { Matrices, MatricesAndNorms, Everything };

struct QatSettings {
  QatRange range = QatRange::Recomputed;
  QatScope scope = QatScope::MatricesAndNorms;
  double stepRateFactor = 0.1;  ///< of the learning rate for learned steps and clips
};

/// A model whose matrices are trained through their quantization: forward with what the scheme makes of the latent
/// weights, the gradient straight through to them (Bengio et al. 2013; Jacob et al. 2018). At any time tensors() is the
/// quantized model that was computed with, code for code.
class QatModel final : public TrainedModel {
 public:
  /// @param schemes by the names of the tensors in `weights`; what is not named stays as stored
  /// @throws Error (InvalidArgument, Unsupported) with one sentence, naming scheme and tensor, for what cannot be
  /// trained so: methods that need a calibration, learned steps of formats that are not uniform; Cancelled
  QatModel(const model::ModelConfig& config, const model::ModelWeights& weights,
           const std::map<std::string, quant::Scheme>& schemes, const QatSettings& settings = {},
           const JobContext& job = JobContext());
  ~QatModel() override;

  const model::Graph& graph() const override;
  const std::vector<PassWeight>& weights() const override;
  std::span<const WeightId> wanted() const override;
  std::span<Parameter> parameters() override;
  void prepare(const JobContext& job) override;
  void add(const WeightGradient<float>& panel) override;

  /// What the model computes with now, by tensor name: quantized matrices, and what else is trained, rounded to what it
  /// is stored as. @pre prepare() since the last change
  std::map<std::string, quant::QuantizedTensorPtr> tensors() const;
  /// The latent weights of a matrix that is quantized. @throws Error (NotFound)
  std::span<const float> latent(const std::string& tensor) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace core::train
