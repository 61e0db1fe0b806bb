#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/train/adam_w.h"
#include "core/train/data/minibatch.h"
#include "core/train/learning_rate.h"
#include "core/train/trained_model.h"

namespace core::train {

struct TrainerSettings {
  std::uint64_t steps = 200;
  LearningRate rate;
  AdamWSettings optimizer;
  double clipNorm = 1.0;  ///< gradients longer than this together are shortened to it (Pascanu et al. 2013); 0: never
  /// Share of KL(teacher ‖ model) in the loss beside that of −ln p(target) (Hinton et al. 2015, at temperature 1).
  double distillation = 0.0;
  std::uint64_t seed = 1;                                 ///< of dropout
  std::uint64_t mostKeptBytes = std::uint64_t{1} << 30U;  ///< PassSettings::mostKeptBytes
};

struct StepReport {
  std::uint64_t step = 0;     ///< how many have been made, this one included
  double loss = 0.0;          ///< nats per counted token, before the step's change
  double gradientNorm = 0.0;  ///< before it was clipped
  double rate = 0.0;
  std::uint64_t tokens = 0;  ///< that were read, padding apart
  double seconds = 0.0;
};

/// Trains a model step by step: forward and backward over a step's minibatches, gradients clipped, AdamW. The same
/// settings, model and data give the same numbers on one machine, whether or not the run was saved and resumed.
class Trainer {
 public:
  /// @param model, source outlive the trainer  @param teacher of the same vocabulary, where distillation > 0
  /// @throws Error (InvalidArgument) for settings that make no sense
  Trainer(TrainedModel& model, const BatchSource& source, const TrainerSettings& settings,
          std::optional<model::Graph> teacher = std::nullopt);
  ~Trainer();

  std::uint64_t stepsDone() const { return m_done; }
  bool isFinished() const { return m_done >= m_settings.steps; }
  const TrainerSettings& settings() const { return m_settings; }

  /// @throws Error (NotFinite) naming the step and the parameter where numbers ended, with advice; Cancelled. After
  /// either the parameters are as they were before the step.
  StepReport step(const JobContext& job = JobContext());

  /// Everything that the next step depends on beside model, data and settings, as tensors of a safetensors file: the
  /// parameters' values, the optimizer's state, the number of steps. Written to a temporary file, then renamed.
  /// @param metadata of the file beside the trainer's own; keys must not begin with "trainer."
  void save(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata = {});
  /// @throws Error (InvalidFile) with one sentence where the file is of another run (other parameters, other optimizer)
  /// or damaged; then nothing has changed
  /// @return the metadata that it was saved with
  std::map<std::string, std::string> restore(const std::filesystem::path& path, const JobContext& job = JobContext());

  /// Bytes of the optimizer's state in memory.
  std::uint64_t optimizerBytes() const { return m_optimizer.stateBytes(); }

 private:
  double addGradients(const Minibatch& batch, std::uint64_t seed, const JobContext& job);
  [[noreturn]] void throwDiverged(const std::string& where) const;
  double gradientNorm();

  TrainedModel& m_model;
  const BatchSource& m_source;
  TrainerSettings m_settings;
  AdamW m_optimizer;
  ReversePass<float> m_pass;
  std::unique_ptr<ReversePass<float>> m_teacher;
  std::vector<float> m_logitGradients;
  std::uint64_t m_done = 0;
};

}  // namespace core::train
