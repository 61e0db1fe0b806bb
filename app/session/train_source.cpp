#include "app/session/train_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "app/session/calibrate_model.h"
#include "app/session/demo_model.h"
#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/train/data/example.h"
#include "core/train/data/rows.h"
#include "core/train/data/wordings.h"

namespace app {

namespace train = core::train;
using core::JobContext;
using core::calibrate::CalibrationText;

namespace {

CalibrationText openTrainingText(const std::string& wordOrFile) {
  if (wordOrFile.empty())
    throw core::Error(core::ErrorCode::InvalidArgument,
                      "Only the built-in model has a text of its own to train on; for another model, name one.");
  if (wordOrFile != kDemoText) {
    rememberRead(wordOrFile, "the training text");
    return core::calibrate::openCalibrationText(wordOrFile);
  }
  auto text = core::calibrate::openCalibrationText(builtInTextPath("training_text/conversations.jsonl"));
  text.title = "demo conversations";
  return text;
}

core::calibrate::TextReader readerOf(const OpenModel& model) {
  if (model.whyCannotComplete()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotComplete());
  return {*model.tokenizer(), model.chatTemplate().get(), model.config().contextLength};
}

CalibrationText wordedFacts(const std::vector<NewFact>& facts) {
  CalibrationText text{"the facts", {}};
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const auto isBlank = [](const std::string& words) {
      return words.find_first_not_of(" \t\r\n") == std::string::npos;
    };
    if (isBlank(facts[i].question) || isBlank(facts[i].answer))
      throw core::Error(core::ErrorCode::InvalidArgument,
                        fmt::format("Fact {} needs both a question and its answer.", i + 1));
    for (const std::string& wording : train::trainingWordings(facts[i].question))
      text.documents.emplace_back(
          std::vector<core::text::ChatMessage>{{"user", wording}, {"assistant", facts[i].answer}});
  }
  if (text.documents.empty())
    throw core::Error(core::ErrorCode::InvalidArgument, "There are no facts to learn: give at least one.");
  return text;
}

}  // namespace

TrainSource sourceOf(const OpenModel& model, const QatLabSettings& settings, const JobContext& job) {
  const auto examples = train::readExamples(openTrainingText(settings.data), readerOf(model), settings.length, job);
  return {std::make_unique<train::PackedRows>(examples.all,
                                              train::RowSettings{settings.batch, settings.length, settings.seed}),
          examples.tokens};
}

TrainSource sourceOf(const OpenModel& model, const QloraLabSettings& settings, const JobContext& job) {
  if (model.whyCannotChat()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotChat());
  auto facts = train::readExamples(wordedFacts(settings.facts), readerOf(model), settings.length, job);
  if (facts.leftOut != 0)
    throw core::Error(core::ErrorCode::InvalidArgument,
                      fmt::format("The answers of {} wordings do not begin within {} tokens: give shorter questions or "
                                  "a greater length.",
                                  facts.leftOut, settings.length));
  TrainSource source{nullptr, facts.tokens};
  std::vector<std::unique_ptr<train::BatchSource>> parts;
  parts.push_back(std::make_unique<train::PaddedRows>(
      std::move(facts.all), train::RowSettings{settings.batch, settings.length, settings.seed}));
  if (settings.replay && settings.replayRows != 0) {
    const auto old = train::readExamples(openTrainingText(settings.data), readerOf(model), settings.length, job);
    source.tokens += old.tokens;
    parts.push_back(std::make_unique<train::PackedRows>(
        old.all, train::RowSettings{settings.replayRows, settings.length, settings.seed}));
  }
  source.batches = std::make_unique<train::MixedRows>(std::move(parts));
  return source;
}

double tokensOfStep(const OpenModel& model, const LabSettings& settings, const JobContext& job) {
  if (const auto* qat = std::get_if<QatLabSettings>(&settings))
    return static_cast<double>(qat->batch) * static_cast<double>(qat->length);
  const auto& qlora = std::get<QloraLabSettings>(settings);
  std::size_t longest = 0;
  for (const auto& example : train::readExamples(wordedFacts(qlora.facts), readerOf(model), qlora.length, job).all)
    longest = std::max(longest, example.tokens.size());
  const double replayed =
      qlora.replay ? static_cast<double>(qlora.replayRows) * static_cast<double>(qlora.length) : 0.0;
  return static_cast<double>(qlora.batch) * static_cast<double>(longest) + replayed;
}

train::TrainerSettings trainerSettings(const TrainSettings& settings) {
  train::TrainerSettings trainer;
  trainer.steps = settings.steps;
  trainer.rate.peak = settings.rate;
  trainer.rate.warmUp = std::min<std::uint64_t>(trainer.rate.warmUp, settings.steps / 5);
  trainer.seed = settings.seed;
  return trainer;
}

}  // namespace app
