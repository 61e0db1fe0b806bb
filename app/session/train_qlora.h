#pragma once
#include <atomic>
#include <filesystem>

#include "app/session/engine.h"
#include "app/session/train_news.h"
#include "app/session/train_settings.h"

namespace app {

/// Teaches facts to a quantized model through adapters (QLoRA), as a run in a folder like trainQat(). From one question
/// and its answer it makes the wordings that are trained; others, never trained, are asked afterwards. The result is
/// the adapter, as PEFT keeps one.
/// @throws core::Error as trainQat, and (InvalidArgument) without facts; core::Cancelled
TrainSummary trainQlora(OpenModel& model, Engine& engine, const QloraLabSettings& settings,
                        const std::filesystem::path& folder, const TrainVisitor& visitor,
                        const std::atomic<bool>& pause, const core::JobContext& job = core::JobContext());

}  // namespace app
