#include "app/lessons/step_results.h"

namespace app {

StepResults computeStep(const LessonStep& step, const core::JobContext& job) {
  StepResults results;
  results.truth = step.truth.call.compute(job);
  for (const auto& [name, fact] : step.values) results.values.insert(name, fact.call.compute(job));
  for (const WrongAnswer& wrong : step.wrong) {
    const auto* call = std::get_if<FactCall>(&wrong.when);
    results.wrong.push_back(call == nullptr ? std::nullopt : std::optional(call->compute(job)));
  }
  if (const auto* point = std::get_if<PointQuestion>(&step.asks))
    results.curve = std::get<Curve>(point->curve.compute(job));
  if (!step.board) return results;
  for (const Board::Bar& bar : step.board->bars) results.bars.push_back(std::get<double>(bar.size.call.compute(job)));
  if (step.board->digits)
    for (const Board::Digits::Row& row : step.board->digits->rows)
      results.digits.push_back(std::get<std::string>(row.names.compute(job)));
  return results;
}

QHash<QString, FactValue> computeLive(const ShownFacts& live, double answer, const core::JobContext& job) {
  QHash<QString, FactValue> values;
  for (const auto& [name, fact] : live)
    values.insert(name, FactCall{fact.call.fact, fact.call.arguments.answered(answer)}.compute(job));
  return values;
}

}  // namespace app
