#pragma once
#include <filesystem>
#include <functional>
#include <vector>

#include "app/session/engine.h"
#include "app/session/evaluation.h"
#include "core/calibrate/calibration_text.h"

namespace app {

/// Whether the reference's weights are also run in other ways, which costs as much as another variant each.
enum class Noise : std::uint8_t { Skip, Measure };

/// What is to be compared on which text.
struct EvaluationRequest {
  Variant reference;  ///< the default: the weights as stored
  std::vector<Variant> compared;
  core::calibrate::CalibrationText text;
  core::evaluate::ReadingSettings reading;
  std::uint32_t batchTokens = 256;
  Noise noise = Noise::Measure;
  /// Where finished blocks are kept, so that an interrupted evaluation goes on and a finished one is not repeated;
  /// empty: nowhere. What cannot be read there is computed again, what cannot be written is not kept.
  std::filesystem::path cacheFolder;
};

/// Shown the table after blocks, about ten times a second, and at the end, from the thread that evaluates. The errors
/// of quantiles are NaN until then.
using OnBlock = std::function<void(const Evaluation&)>;

/// Runs all variants over the text, each block through the reference and all of them in step. A variant that cannot be
/// run says so in its row; the others go on. For the inference thread.
/// @throws core::Error (Unsupported) why the model cannot read a text, (InvalidArgument) as readText and without
///         anything to compare with, as Engine::createExecutor for the reference; core::Cancelled (finished blocks are
///         kept)
Evaluation evaluateModel(OpenModel& model, Engine& engine, const EvaluationRequest& request,
                         const OnBlock& onBlock = {}, const core::JobContext& job = core::JobContext());

/// The built-in texts for evaluation ("demo": conversations that were neither trained nor calibrated on; "prose"), or a
/// file as openText() reads it. @throws core::Error
core::calibrate::CalibrationText openEvaluationText(const std::string& wordOrFile);

}  // namespace app
