#include "core/quant/explain/code_book_steps.h"

#include <algorithm>

namespace core::quant {

void addDivideAndRound(BlockExplanation& out, std::string dividePattern, std::vector<double> divided,
                       const std::string& ties) {
  const auto level = std::find_if(out.steps.begin(), out.steps.end(),
                                  [](const ExplanationStep& step) { return step.id == StepId::Level; });
  ExplanationStep round = std::move(*level);
  out.steps.erase(level);
  round.id = StepId::Round;
  round.meaning = "the nearest level; " + ties;
  round.pattern = "level nearest to {t}";
  insertStepBefore(out, StepId::Code,
                   {StepId::Divide, "t", "in units of the scale", std::move(dividePattern), std::move(divided)});
  insertStepBefore(out, StepId::Code, std::move(round));
  for (ExplanationStep& step : out.steps)
    if (step.id == StepId::Code) step.pattern = "code of {v}";
}

}  // namespace core::quant
