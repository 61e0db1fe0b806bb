#include "app/workspaces/quantize/lab_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/calibrate_model.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/quant/llm_int8.h"

namespace app {

namespace {

using core::quant::ActivationName;
using core::quant::ActivationRange;
using core::quant::Activations;

constexpr std::uint32_t kTokens = 1024;  // enough for outliers to turn up, and a few seconds
constexpr std::size_t kAround = 6;       // tokens of text on either side

InputToken tokenAt(const core::text::Tokenizer& tokenizer, const core::calibrate::TokenWindows& windows,
                   std::size_t index) {
  const std::size_t first = index / windows.context * windows.context, last = first + windows.context;
  const std::span<const core::text::TokenId> all(windows.tokens);
  const std::size_t from = std::max(first, index - std::min(index, kAround)), to = std::min(last, index + 1 + kAround);
  return {tokenizer.piece(all[index]), tokenizer.decode(all.subspan(from, index - from)),
          tokenizer.decode(all.subspan(index + 1, to - index - 1))};
}

}  // namespace

std::vector<Activations> inputWays(const Activations& activations) {
  const bool isFp8 = activations.name == ActivationName::Fp8Static || activations.name == ActivationName::Fp8Dynamic;
  Activations fixed;
  fixed.name = isFp8 ? ActivationName::Fp8Static : ActivationName::Int8Static;
  if (activations.range == ActivationRange::Percentile) fixed.percentile = activations.percentile;
  std::vector<Activations> ways;
  for (const auto range : {ActivationRange::MinMax, ActivationRange::Percentile, ActivationRange::Entropy}) {
    fixed.range = range;
    ways.push_back(fixed);
  }
  Activations dynamic;
  dynamic.name = isFp8 ? ActivationName::Fp8Dynamic : ActivationName::Int8Dynamic;
  ways.push_back(dynamic);
  return ways;
}

LabInputs studyLayerInputs(const InputQuestion& question, const core::JobContext& job) {
  const OpenModel& model = *question.model;
  if (model.whyCannotRead()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotRead());
  const auto known =
      question.calibration->of(question.tensor, core::quant::CalibrationNeed::Columns, job.part(0.0, 0.4));
  if (!known || known->inputs.isEmpty())
    throw core::Error(
        core::ErrorCode::InvalidArgument,
        fmt::format("The text has shown no inputs of {}: no layer multiplies with it, or no token came by.",
                    core::io::inQuotes(question.tensor)),
        question.tensor);
  const core::calibrate::TextReader reader{*model.tokenizer(), model.chatTemplate().get(), model.config().contextLength,
                                           model.isEncoder()};
  core::calibrate::CalibrationSettings settings;
  settings.tokens = kTokens;
  const auto text = openText(question.text);
  const auto windows = cutIntoWindows(text, reader, settings, job);
  const auto weights = model.weights().load(model.config(), {}, job.part(0.4, 0.45));
  LabInputs result;
  result.calibrated = known->inputs;
  result.study =
      core::calibrate::studyInputs(core::model::buildGraph(model.config(), weights), windows, question.tensor, *known,
                                   inputWays(question.activations), job.part(0.45, 1.0));
  result.text = text.title;
  result.isCalibrated = model.calibration().state() && model.calibration().state()->text == text.title;
  result.columns = known->maxMagnitude.size();
  result.outlierColumns = core::quant::outlierColumns(known->maxMagnitude, question.activations.threshold).size();
  for (std::size_t i = 0; i < result.study.tokens.size(); ++i)
    result.tokens.push_back(tokenAt(*model.tokenizer(), windows, i));
  return result;
}

}  // namespace app
