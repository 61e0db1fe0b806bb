#pragma once
#include <QString>
#include <chrono>

#include "app/selection/selection.h"

namespace app {

/// "demo text · 4,096 tokens · 3 min ago", "imatrix.gguf · just now", "no text read yet".
QString calibrationText(const std::optional<CalibrationState>& state,
                        std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

/// The same without its age: "demo text · 4,096 tokens".
QString calibrationName(const std::optional<CalibrationState>& state);

/// One sentence on what somebody with this need waits for; empty for nothing. @param who "GPTQ · INT4 · 128"
QString waitText(const Selection& selection, core::quant::CalibrationNeed need, const QString& who);

}  // namespace app
