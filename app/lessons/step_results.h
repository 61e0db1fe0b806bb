#pragma once
#include <QHash>

#include "app/lessons/lesson.h"

namespace app {

/// Everything a step says, computed.
struct StepResults {
  FactValue truth;
  QHash<QString, FactValue> values;             ///< by name
  std::vector<std::optional<FactValue>> wrong;  ///< of the wrong answers that are facts, in their order
  std::optional<Curve> curve;                   ///< of a question for a point
  std::vector<std::string> digits;              ///< of the rows of the board's digits
  std::vector<double> bars;                     ///< of the board
};

/// @throws core::Error, core::Cancelled
StepResults computeStep(const LessonStep& step, const core::JobContext& job);
/// The read-outs of a slider that stands at `answer`.
QHash<QString, FactValue> computeLive(const ShownFacts& live, double answer, const core::JobContext& job);

}  // namespace app
