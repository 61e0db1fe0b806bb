#pragma once
#include <vector>

#include "app/session/contestant.h"
#include "app/session/evaluate_model.h"

namespace app {

/// Contestants that have read so many blocks of a text.
struct EvaluationProgress {
  const EvaluationRequest& request;
  const std::shared_ptr<const core::evaluate::Reading>& reading;
  const std::string& modelHash;
  const std::vector<Contestant>& contestants;
  std::uint32_t blocksDone = 0;
};

/// The table of what is known: figures, the noise floor, verdicts.
Evaluation tabulate(const OpenModel& model, const EvaluationProgress& progress, core::evaluate::QuantileErrors errors);

}  // namespace app
