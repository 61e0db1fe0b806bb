#pragma once
#include <filesystem>

#include "app/session/open_model.h"
#include "app/session/train_export.h"
#include "app/session/train_run.h"

namespace app {

/// What a summary says of a trained model that was written.
void addResult(TrainSummary& summary, const WrittenResult& written);

/// Gives a run that was stopped, or that an error ended, what a paused one has: what it has come to by its last
/// checkpoint, written beside it, and a summary that names it. A run that has them already, or made no step, is only
/// read.
/// @throws core::Error as readRun, trainedRecipe, writeTrained, exportAdapter; core::Cancelled
KeptRun concludeRun(OpenModel& model, const std::filesystem::path& folder,
                    const core::JobContext& job = core::JobContext());

}  // namespace app
