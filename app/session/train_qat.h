#pragma once
#include <atomic>
#include <filesystem>

#include "app/session/engine.h"
#include "app/session/train_news.h"
#include "app/session/train_settings.h"

namespace app {

/// Quantization-aware training as a run in a folder: begun there, or gone on with where it was left, to the bit what it
/// would have been. Ends after the step at which `pause` is set. The result is written as it is quantized where a
/// format holds it (GGUF, then the folders' layouts), else as FP32.
/// @param folder made where it is not there
/// @throws core::Error (NotFinite) naming the step, with advice; (InvalidArgument) where the folder has another run;
///         (InvalidFile) for data, naming line and field, and for a damaged folder; (Unsupported) for a model that
///         cannot be run or a scheme that cannot be trained; core::Cancelled. The folder keeps what had been reached.
TrainSummary trainQat(OpenModel& model, Engine& engine, const QatLabSettings& settings,
                      const std::filesystem::path& folder, const TrainVisitor& visitor, const std::atomic<bool>& pause,
                      const core::JobContext& job = core::JobContext());

/// The trained model of a run's last checkpoint, as a recipe for the open model: its tensors are replacements.
/// @throws core::Error as trainQat
core::model::Recipe trainedRecipe(OpenModel& model, const std::filesystem::path& folder,
                                  const core::JobContext& job = core::JobContext());

}  // namespace app
