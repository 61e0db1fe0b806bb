#pragma once
#include <filesystem>

#include "app/session/open_model.h"
#include "app/session/train_time.h"

namespace app {

/// What a run that is not begun yet can be expected to be like: as the last one in its folder was. Where nothing was
/// measured, multiplications of the model's matrices are counted (2 per weight and token forward, twice that backward)
/// and a product of some matrix is timed here, now; for tenths of a second all cores are used.
/// @throws core::Error as sourceOf, openEvaluationText, openTaskList; core::Cancelled
TrainPace expectedPace(const OpenModel& model, const LabSettings& settings, const std::filesystem::path& folder,
                       const core::JobContext& job);

}  // namespace app
