#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/session/train_settings.h"
#include "core/evaluate/estimate.h"
#include "core/train/trainer.h"

namespace app {

/// Where the latent weights of one matrix lie between the levels that its scheme can store, all groups together. Each
/// weight is divided by its group's scale, so that one axis serves all: in steps of a uniform format, in parts of the
/// group's largest weight of any other.
struct LevelHistogram {
  std::string tensor;                 ///< "blk.0.attn_q.weight"
  double low = 0, high = 0;           ///< of the axis; what lies outside is counted at the ends
  std::vector<std::uint32_t> counts;  ///< of equally wide bins from low to high
  std::vector<double> levels;         ///< ascending, on the same axis
  double meanDistance = 0;            ///< of a weight from the nearest level, on the same axis
};

/// How a model reads text that it is not trained on, and what it writes.
struct TrainMark {
  core::evaluate::Estimate perplexity;               ///< of held-out answers
  std::optional<core::evaluate::Estimate> accuracy;  ///< share of held-out questions answered exactly
  std::vector<std::string> answers;                  ///< to the settings' prompts, greedily
};

/// What is known before the first step.
struct TrainStart {
  TrainMark stored;                  ///< the model as it is stored; no numbers where nothing is evaluated
  TrainMark untrained;               ///< QAT: quantized after training (PTQ); QLoRA: the quantized base
  std::uint64_t trainedTokens = 0;   ///< of the data, read once
  std::uint64_t heldOutAnswers = 0;  ///< that the perplexity is of
  std::uint64_t predictedBytes = 0;  ///< of memory while it runs
  double seconds = 0;                ///< that it took to measure both
};

/// What is known of one of the facts that were to be learned.
struct FactKnown {
  std::string answer;  ///< to the question as it was typed
  bool isKnown = false;
  std::uint32_t rewordings = 0, rewordingsKnown = 0;  ///< wordings that were never trained
};

/// The model as it is after some steps.
struct TrainEvaluation {
  std::uint64_t step = 0;  ///< made so far
  TrainMark now;
  std::optional<LevelHistogram> levels;  ///< QAT
  std::vector<FactKnown> facts;          ///< QLoRA, in the settings' order
  double seconds = 0;                    ///< of training so far, evaluations apart
  double took = 0;                       ///< seconds of this evaluation
};

/// What came out.
struct TrainSummary {
  bool isFinished = false;  ///< else it was paused: the run's folder has what the next step needs
  std::uint64_t steps = 0;
  double seconds = 0;     ///< of training, evaluations apart
  double concluding = 0;  ///< seconds after the last evaluation: what came out was written, questions were asked
  std::uint64_t tokens = 0;
  double bitsPerWeight = 0;         ///< of what was trained, adapters included
  std::uint64_t measuredBytes = 0;  ///< the most memory that the run took
  /// As openRecipe() reads it: what a chat pane runs. "model:PATH" of a quantized file, "nf4:…+adapter:PATH".
  std::string recipe;
  std::string result;              ///< the file or folder that holds it
  std::string storedAs;            ///< QAT: how, as WrittenResult says
  double storedBitsPerWeight = 0;  ///< QAT: there, which is more than bitsPerWeight where values were decoded
  std::vector<std::string> notes;  ///< sentences: how it is stored, what was not carried over
  /// The model as stored, before and after training, once it is finished: with accuracy where there are questions.
  std::optional<TrainMark> stored, untrained, trained;
  /// QLoRA: adapters merged into the stored weights, and those quantized again as the base is.
  std::optional<TrainMark> merged, requantized;
};

/// What takes time in a run.
enum class TrainActivity : std::uint8_t {
  Preparing,   ///< data and weights are read
  Starting,    ///< the model is measured as it is stored, and as it is before training
  Evaluating,  ///< the held-out text is read, prompts are answered, facts are asked for
  Training,
  Writing,  ///< what came out
  Merging,  ///< QLoRA: what merged and re-quantized adapters leave is measured
  Asking    ///< the questions of the settings' tasks
};

/// Told what happens, from the thread that trains. Any may be empty.
struct TrainVisitor {
  std::function<void(TrainActivity)> begins;
  std::function<void(const TrainStart&)> started;
  std::function<void(const core::train::StepReport&)> step;
  std::function<void(const TrainEvaluation&)> evaluated;
};

/// Everything that is known of a run: what the visitor was told, in order. Kept in the run's folder.
struct TrainHistory {
  std::optional<TrainStart> start;
  std::vector<core::train::StepReport> steps;
  std::vector<TrainEvaluation> evaluations;
  std::optional<TrainSummary> summary;
};

}  // namespace app
