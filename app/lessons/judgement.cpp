#include "app/lessons/judgement.h"

#include <cmath>

#include "app/lessons/lesson_words.h"

namespace app {
namespace {

Tolerance toleranceOf(const Question& question) {
  if (const auto* number = std::get_if<NumberQuestion>(&question)) return number->tolerance;
  if (const auto* slider = std::get_if<SliderQuestion>(&question)) return slider->tolerance;
  if (const auto* point = std::get_if<PointQuestion>(&question)) return point->tolerance;
  return {};
}

/// Rounding of the comparison itself is no mistake of the answer.
double slackOf(const Tolerance& tolerance, double truth) {
  return tolerance.absolute + tolerance.relative * std::fabs(truth) + 1e-12 * std::fabs(truth);
}

bool agrees(const LessonStep& step, const FactValue& value, const Guess& answer) {
  if (const auto* id = std::get_if<QString>(&answer)) return choiceIdOf(value) == *id;
  if (const auto* code = std::get_if<std::uint64_t>(&answer)) {
    const auto* pattern = std::get_if<Pattern>(&value);
    return pattern != nullptr && pattern->code == *code;
  }
  const double number = std::get<double>(answer);
  const Tolerance tolerance = toleranceOf(step.asks);
  if (const auto* interval = std::get_if<Interval>(&value))
    return number >= interval->low - slackOf(tolerance, interval->low) &&
           number <= interval->high + slackOf(tolerance, interval->high);
  const auto* truth = std::get_if<double>(&value);
  return truth != nullptr && std::fabs(number - *truth) <= slackOf(tolerance, *truth);
}

bool liesOn(WrongAnswer::Side side, const FactValue& truth, const Guess& answer) {
  const auto* number = std::get_if<double>(&answer);
  if (number == nullptr) return false;
  const auto* interval = std::get_if<Interval>(&truth);
  const double low = interval ? interval->low : std::get<double>(truth);
  const double high = interval ? interval->high : low;
  return side == WrongAnswer::Side::Below ? *number < low : *number > high;
}

FactValue asValue(const Guess& answer) {
  if (const auto* number = std::get_if<double>(&answer)) return *number;
  if (const auto* code = std::get_if<std::uint64_t>(&answer)) return Pattern{{}, *code};
  return std::get<QString>(answer).toStdString();
}

bool matches(const LessonStep& step, const StepResults& results, std::size_t index, const Guess& answer) {
  const auto& when = step.wrong[index].when;
  if (const auto* side = std::get_if<WrongAnswer::Side>(&when)) return liesOn(*side, results.truth, answer);
  if (const auto* fixed = std::get_if<Guess>(&when)) return agrees(step, asValue(*fixed), answer);
  return results.wrong[index] && agrees(step, *results.wrong[index], answer);
}

}  // namespace

Judgement judge(const LessonStep& step, const StepResults& results, const Guess& answer) {
  if (agrees(step, results.truth, answer)) return {true, nullptr};
  for (std::size_t i = 0; i < step.wrong.size(); ++i)
    if (matches(step, results, i, answer)) return {false, &step.wrong[i]};
  return {};
}

}  // namespace app
