#include "app/workspaces/quantize/method_story.h"

#include <algorithm>

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

using namespace core::quant;

double wide(float value) { return static_cast<double>(value); }
QString number(double value) { return text::number(value, 4); }
QString number(float value) { return number(wide(value)); }
QString rough(double value) { return text::number(value, 3); }

QString sentenceOf(const GptqExplanation& of, std::size_t line) {
  const auto& steps = of.trace.steps;
  const GptqStep& step = steps[line];
  const double moved = step.stood - step.weight;
  QString text = moved == 0
                     ? tr("Column %1 is %2 and nothing was pushed into it.").arg(step.column).arg(number(step.weight))
                     : tr("Column %1 was %2; the columns before it pushed %3 into it, so it stands at %4.")
                           .arg(step.column)
                           .arg(number(step.weight), rough(moved), number(step.stood));
  const double error = step.stood - wide(step.decoded);
  text += u' ' + tr("Code %1 stands for %2: an error of %3.").arg(step.code).arg(number(step.decoded), rough(error));
  if (line + 1 == steps.size()) return text + u' ' + tr("It is the last one: nobody makes up for it.");
  return text + u' ' +
         tr("Over the factor's diagonal, %1, that is %2, which the %3 columns to come share: %4 goes into the next, "
            "column %5.")
             .arg(rough(step.diagonal), rough(step.scaledError))
             .arg(steps.size() - line - 1)
             .arg(rough(step.pushed.front()))
             .arg(steps[line + 1].column);
}

/// What the factor is for.
QString factorText(const ScaledExplanation& of, std::size_t line) {
  const ScaledColumn& column = of.columns[line];
  const QString input = rough(wide(column.input)), factor = rough(wide(column.factor));
  if (!of.ratio)
    return tr("Inputs of column %1 reach %2; divided by its factor %3 they reach %4, and its weights are multiplied "
              "by "
              "it.")
        .arg(line)
        .arg(input, factor, rough(wide(column.input) / wide(column.factor)));
  return (column.factor >= 1
              ? tr("Inputs of column %1 are %2 in the mean and its factor is %3: it is protected, its steps are as "
                   "much "
                   "finer.")
              : tr("Inputs of column %1 are %2 in the mean and its factor is %3: it pays for others, its steps are as "
                   "much coarser."))
      .arg(line)
      .arg(input, factor);
}

QString sentenceOf(const ScaledExplanation& of, std::size_t line) {
  const ScaledColumn& column = of.columns[line];
  QString text = factorText(of, line);
  text += u' ' + tr("%1 becomes %2").arg(number(column.weight), number(column.multiplied));
  if (column.limited != column.multiplied)
    text += tr(", and %1 where its group is clipped").arg(number(column.limited));
  if (column.code) text += tr(", code %1").arg(*column.code);
  return text + u';' + u' ' +
         tr("over the factor %1 is read back, an error of %2. Without a factor it would be %3.")
             .arg(number(column.decoded), rough(wide(column.decoded) - wide(column.weight)),
                  rough(wide(column.decodedAlone) - wide(column.weight)));
}

QString sentenceOf(const HqqExplanation& of, std::size_t line) {
  const HqqColumn& column = of.columns[line];
  const HqqGrid &first = of.trace.grids.front()[column.group], &stored = of.trace.stored[column.group];
  return tr("Column %1 lies in group %2, whose zero-point moved from %3 to %4. Code %5 stands for %6 where the weight "
            "is %7; under the zero-point at first it was %8.")
      .arg(line)
      .arg(column.group)
      .arg(number(first.zero), number(stored.zero))
      .arg(column.code)
      .arg(number(column.decoded), number(column.weight), number(column.decodedBefore));
}

QString errorsText(double error, double alone) {
  if (!(alone > 0)) return tr("The row's output has no error.");
  return tr("Mean squared error of the row's output: %1 in place of %2 by rounding alone (%3).")
      .arg(rough(error), rough(alone), text::percent(error / alone, 0));
}

/// How SmoothQuant moves what is hard to round from the inputs to the weights.
QString movedText(const ScaledExplanation& of) {
  double input = 0, inputAfter = 0, weight = 0, weightAfter = 0;
  for (const ScaledColumn& column : of.columns) {
    input = std::max(input, wide(column.input));
    inputAfter = std::max(inputAfter, wide(column.input) / wide(column.factor));
    weight = std::max(weight, wide(column.largestWeight));
    weightAfter = std::max(weightAfter, wide(column.largestWeight) * wide(column.factor));
  }
  return tr("The largest input goes from %1 to %2, the largest weight from %3 to %4.")
      .arg(rough(input), rough(inputAfter), rough(weight), rough(weightAfter));
}

}  // namespace

QString lineSentence(const MethodExplanation& explanation, std::size_t line) {
  return std::visit([line](const auto& of) { return sentenceOf(of, line); }, explanation.of);
}

QString storySentence(const MethodExplanation& explanation) {
  if (const auto* of = explanation.as<GptqExplanation>()) return errorsText(of->error, of->errorAlone);
  if (const auto* of = explanation.as<ScaledExplanation>())
    return of->error && of->ratio ? errorsText(*of->error, *of->errorAlone) : movedText(*of);
  const auto& errors = explanation.as<HqqExplanation>()->trace.errors;
  return tr("Mean |error| of the whole tensor: %1 at first, %2 after %3 rounds.")
      .arg(number(errors.front()), number(errors.back()))
      .arg(errors.size());
}

}  // namespace app
