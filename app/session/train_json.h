#pragma once
#include <nlohmann/json.hpp>

#include "app/session/train_news.h"
#include "app/session/train_run.h"

namespace app {

// What a run's folder and the command line say of training; keys are added, never renamed.

nlohmann::ordered_json trainMarkJson(const TrainMark& mark);
nlohmann::ordered_json trainStartJson(const TrainStart& start);
nlohmann::ordered_json trainStepJson(const core::train::StepReport& step);
nlohmann::ordered_json trainEvaluationJson(const TrainEvaluation& evaluation);
nlohmann::ordered_json trainSummaryJson(const TrainSummary& summary);
/// {"start", "steps", "evaluations", "summary"}
nlohmann::ordered_json trainHistoryJson(const TrainHistory& history);
/// {"lab": "qat" or "qlora", "settings": {…}}
nlohmann::ordered_json labJson(const LabSettings& settings);

/// The same read back. @throws nlohmann::json::exception, core::Error where something is missing or of another kind
TrainHistory trainHistoryOf(const nlohmann::ordered_json& json);
LabSettings labOf(const nlohmann::ordered_json& json);

}  // namespace app
