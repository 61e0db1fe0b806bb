#include "app/workspaces/quantize/method_story.h"

#include <QCoreApplication>
#include <cmath>
#include <limits>

#include "app/text/numbers.h"

namespace app {
namespace {

using namespace core::quant;

QString say(const char* text) { return QCoreApplication::translate("Quantize", text); }
QString number(double value) { return text::number(value, 4); }
QString number(float value) { return number(static_cast<double>(value)); }
double wide(float value) { return static_cast<double>(value); }

ColumnTable tableOf(const GptqExplanation& of) {
  ColumnTable table;
  table.fields = {{say("turn"), say("the how manieth column it is that is rounded"), true},
                  {say("column"), say("of the weight matrix"), true},
                  {say("w"), say("the weight as it was")},
                  {say("stood"), say("the same with what the columns before pushed into it")},
                  {say("code"), say("what is stored"), true},
                  {say("decoded"), say("what the code stands for")},
                  {say("e / U"), say("its error over the diagonal of the factor: what is pushed on")}};
  for (std::size_t k = 0; k < of.trace.steps.size(); ++k) {
    const GptqStep& step = of.trace.steps[k];
    table.lines.push_back({static_cast<double>(k + 1), static_cast<double>(step.column), step.weight, step.stood,
                           static_cast<double>(step.code), wide(step.decoded), step.scaledError});
  }
  return table;
}

ColumnTable tableOf(const ScaledExplanation& of) {
  ColumnTable table;
  table.fields = {{say("column"), say("of the weight matrix"), true},
                  of.ratio ? ColumnTable::Field{say("mean |x|"), say("how large its inputs are")}
                           : ColumnTable::Field{say("max |x|"), say("the largest of its inputs")}};
  if (!of.ratio) table.fields.push_back({say("max |w|"), say("the largest weight of the column")});
  table.fields.push_back({say("s"), say("what the column is multiplied by and its inputs are divided by")});
  table.fields.push_back({say("w"), say("the weight as it was")});
  table.fields.push_back(
      {say("w · s"), of.ratio ? say("what is rounded, clipped to its group's range") : say("what is rounded")});
  table.fields.push_back({say("code"), say("what is stored"), true});
  table.fields.push_back({say("decoded / s"), say("what comes back")});
  table.fields.push_back({say("error"), say("decoded / s less w")});
  table.fields.push_back({say("without s"), say("the error that the format makes of w alone")});
  for (std::size_t c = 0; c < of.columns.size(); ++c) {
    const ScaledColumn& column = of.columns[c];
    std::vector<double> line{static_cast<double>(c), wide(column.input)};
    if (!of.ratio) line.push_back(wide(column.largestWeight));
    for (const double value :
         {wide(column.factor), wide(column.weight), wide(column.limited),
          column.code ? static_cast<double>(*column.code) : std::nan(""), wide(column.decoded),
          wide(column.decoded) - wide(column.weight), wide(column.decodedAlone) - wide(column.weight)})
      line.push_back(value);
    table.lines.push_back(std::move(line));
  }
  return table;
}

ColumnTable tableOf(const HqqExplanation& of) {
  ColumnTable table;
  table.fields = {{say("column"), say("of the weight matrix"), true},
                  {say("group"), say("of the row"), true},
                  {say("w"), say("the weight as it was")},
                  {say("code"), say("what is stored"), true},
                  {say("decoded"), say("what the code stands for")},
                  {say("error"), say("decoded less w")},
                  {say("at first"), say("the error under the zero-point that the search began with")}};
  for (std::size_t c = 0; c < of.columns.size(); ++c) {
    const HqqColumn& column = of.columns[c];
    table.lines.push_back({static_cast<double>(c), static_cast<double>(column.group), wide(column.weight),
                           static_cast<double>(column.code), wide(column.decoded),
                           wide(column.decoded) - wide(column.weight),
                           wide(column.decodedBefore) - wide(column.weight)});
  }
  return table;
}

QString sentenceOf(const GptqExplanation& of, std::size_t line) {
  const GptqStep& step = of.trace.steps[line];
  const double error = step.stood - wide(step.decoded);
  QString text =
      say("Column %1 was %2; the columns before it pushed %3 into it, so it stands at %4. Code %5 stands for "
          "%6: the error is %7.")
          .arg(step.column)
          .arg(number(step.weight), number(step.stood - step.weight), number(step.stood))
          .arg(step.code)
          .arg(number(step.decoded), number(error));
  if (step.pushed.empty()) return text + u' ' + say("It is the last one: nobody makes up for it.");
  return text + u' ' +
         say("Over the diagonal, %1, that is %2, of which %3 goes into the next column.")
             .arg(number(step.diagonal), number(step.scaledError), number(step.pushed.front()));
}

QString sentenceOf(const ScaledExplanation& of, std::size_t line) {
  const ScaledColumn& column = of.columns[line];
  const QString inputs = of.ratio ? say("Inputs of column %1 are %2 in the mean") : say("Inputs of column %1 reach %2");
  QString text = inputs.arg(line).arg(number(column.input)) + u' ' +
                 say("and its factor is %1: %2 becomes %3.")
                     .arg(number(column.factor), number(column.weight), number(column.multiplied));
  if (column.limited != column.multiplied)
    text += u' ' + say("Its group is clipped: %1 is rounded.").arg(number(column.limited));
  if (column.code) text += u' ' + say("Code %1.").arg(*column.code);
  return text + u' ' +
         say("Over the factor %1 comes back, an error of %2; without a factor it would be %3.")
             .arg(number(column.decoded), number(wide(column.decoded) - wide(column.weight)),
                  number(wide(column.decodedAlone) - wide(column.weight)));
}

QString sentenceOf(const HqqExplanation& of, std::size_t line) {
  const HqqColumn& column = of.columns[line];
  const HqqGrid &first = of.trace.grids.front()[column.group], &stored = of.trace.stored[column.group];
  return say("Column %1 lies in group %2, whose zero-point moved from %3 to %4. Code %5 stands for %6 where the weight "
             "is "
             "%7; at first it was %8.")
      .arg(line)
      .arg(column.group)
      .arg(number(first.zero), number(stored.zero))
      .arg(column.code)
      .arg(number(column.decoded), number(column.weight), number(column.decodedBefore));
}

/// "The error in the row's output is 0.12 of what rounding alone has."
QString errorsText(double error, double alone) {
  if (!(alone > 0)) return say("The row's output has no error.");
  return say("Mean squared error of the row's output on the text: %1, where rounding alone has %2: %3 of it.")
      .arg(number(error), number(alone), text::percent(error / alone, 0));
}

}  // namespace

ColumnTable columnTable(const MethodExplanation& explanation) {
  return std::visit([](const auto& of) { return tableOf(of); }, explanation.of);
}

std::uint32_t columnOf(const MethodExplanation& explanation, std::size_t line) {
  const auto* of = explanation.as<GptqExplanation>();
  return of != nullptr ? of->trace.steps[line].column : static_cast<std::uint32_t>(line);
}

QString lineSentence(const MethodExplanation& explanation, std::size_t line) {
  return std::visit([line](const auto& of) { return sentenceOf(of, line); }, explanation.of);
}

QString storySentence(const MethodExplanation& explanation) {
  if (const auto* of = explanation.as<GptqExplanation>()) return errorsText(of->error, of->errorAlone);
  if (const auto* of = explanation.as<ScaledExplanation>()) {
    QString text = of->error ? errorsText(*of->error, *of->errorAlone) : QString();
    if (of->ratio)
      text.prepend(say("Of 20 ratios %1 has the least error: s = mean |x|^%1, evened out.").arg(number(*of->ratio)) +
                   u' ');
    return text;
  }
  const auto& errors = explanation.as<HqqExplanation>()->trace.errors;
  return say("Mean |error| of the tensor: %1 at first, %2 at last, after %3 rounds.")
      .arg(number(errors.front()), number(errors.back()))
      .arg(errors.size());
}

}  // namespace app
