#include "app/session/train_guess.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "app/session/evaluate_model.h"
#include "app/session/evaluate_tasks.h"
#include "app/session/train_source.h"
#include "core/calibrate/calibration_text.h"
#include "core/evaluate/reading.h"
#include "core/model/architectures/tensor_names.h"
#include "core/train/data/wordings.h"
#include "core/train/ops/product.h"

namespace app {

using core::JobContext;

namespace {

constexpr std::size_t kSide = 1024, kRows = 256;                    // of the matrix; tokens that meet it together
constexpr double kMeasured = 0.05;                                  // seconds
constexpr double kAnswerTokens = 32, kTaskTokens = 12;              // written per prompt, per question: about
constexpr double kForward = 2, kBackward = 4, kBackwardFrozen = 2;  // operations per weight and token

/// Weights that a token meets: of all matrices but the table it is looked up in.
double weightsPerToken(const OpenModel& model) {
  double weights = 0, table = 0;
  bool hasOutput = false;
  for (const auto& tensor : model.checkpoint().tensors()) {
    if (tensor.shape.rank() != 2) continue;
    const std::string name = core::model::canonicalName(tensor.name);
    const auto count = static_cast<double>(tensor.shape.count());
    weights += count;
    if (name == "token_embd.weight") table = count;
    hasOutput = hasOutput || name == "output.weight";
  }
  return hasOutput ? weights - table : weights;
}

class Ones final : public core::train::WeightSource {
 public:
  void rows(std::uint64_t, std::span<float> values) const override { std::ranges::fill(values, 1.0F); }
};

/// Operations a second of a product with so many tokens.
double speed(std::size_t tokens, const JobContext& job) {
  using Clock = std::chrono::steady_clock;
  const core::train::PassWeight weight{"", kSide, kSide, {}, std::make_shared<Ones>(), nullptr};
  const std::vector<float> in(tokens * kSide, 1.0F);
  std::vector<float> out(tokens * kSide);
  const double along = 0.0;
  const core::train::ops::Batch batch{1, tokens, std::span(&along, 1)};
  core::train::ops::multiply(weight, batch, in.data(), out.data(), job);  // threads are there, memory is touched
  const auto began = Clock::now();
  double seconds = 0, made = 0;
  for (; seconds < kMeasured; ++made) {
    core::train::ops::multiply(weight, batch, in.data(), out.data(), job);
    seconds = std::chrono::duration<double>(Clock::now() - began).count();
  }
  return made * kForward * static_cast<double>(kSide * kSide * tokens) / seconds;
}

double heldOutTokens(const OpenModel& model, const TrainSettings& settings, const JobContext& job) {
  const core::calibrate::TextReader reader{*model.tokenizer(), model.chatTemplate().get(),
                                           model.config().contextLength};
  return static_cast<double>(core::evaluate::readText(openEvaluationText(settings.heldOut), reader, {}, job).tokens);
}

/// Tokens that facts' questions make the model write in one evaluation.
double factTokens(const OpenModel& model, const QloraLabSettings& settings) {
  double tokens = 0;
  for (const NewFact& fact : settings.facts) {
    const auto wordings = 1 + core::train::heldOutWordings(fact.question).size();
    const auto length = model.tokenizer()->encode(fact.answer, core::text::SpecialTokens::AsText).size();
    tokens += static_cast<double>(wordings * length);
  }
  return tokens;
}

TrainPace guessed(const OpenModel& model, const LabSettings& settings, const JobContext& job) {
  const auto* const qat = std::get_if<QatLabSettings>(&settings);
  const auto* const qlora = std::get_if<QloraLabSettings>(&settings);
  const TrainSettings& common = std::visit([](const auto& lab) -> const TrainSettings& { return lab; }, settings);
  const double weights = weightsPerToken(model), together = speed(kRows, job), alone = speed(1, job);
  double operations = kForward + (qat != nullptr ? kBackward : kBackwardFrozen);
  if (qat != nullptr && qat->distillation > 0) operations += kForward;  // the teacher
  const double read = heldOutTokens(model, common, job);
  const double written =
      kAnswerTokens * static_cast<double>(common.prompts.size()) + (qlora != nullptr ? factTokens(model, *qlora) : 0.0);
  const double perRead = kForward * weights / together, perWritten = kForward * weights / alone;
  TrainPace pace;
  pace.token = operations * weights / together;
  pace.evaluation = read * perRead + written * perWritten;
  if (!common.tasks.empty())
    pace.concluding = 3.0 * static_cast<double>(openTaskList(common.tasks).tasks.size()) * kTaskTokens * perWritten;
  if (qlora != nullptr) pace.concluding += 2.0 * pace.evaluation;  // merged, and quantized again
  pace.texts = textsOf(common);
  return pace;
}

}  // namespace

TrainPace expectedPace(const OpenModel& model, const LabSettings& settings, const std::filesystem::path& folder,
                       const JobContext& job) {
  const auto kept = keptPace(folder);
  const std::string texts = std::visit([](const auto& lab) { return textsOf(lab); }, settings);
  TrainPace pace = kept && kept->texts == texts ? *kept : guessed(model, settings, job);
  if (kept) pace.token = kept->token;
  pace.tokensPerStep = tokensOfStep(model, settings, job);
  return pace;
}

}  // namespace app
