#include "app/workspaces/bits/arithmetic_text.h"

#include <algorithm>
#include <cmath>

#include "app/text/tr.h"
#include "app/workspaces/bits/rounding_text.h"
#include "core/numeric/number_text.h"

namespace app {

using text::tr;

namespace {

using core::numeric::ArithmeticException;
using core::numeric::Evaluation;
using core::numeric::EvaluationStep;
using core::numeric::Operation;

/// Why arithmetic without rounding comes to nothing.
QString noValueSentence(ArithmeticException exception) {
  return exception == ArithmeticException::DivisionByZero
             ? tr("Exactly it has no value: nothing can be divided by zero.")
             : tr("Exactly it has no value: neither 0 ÷ 0 nor ∞ − ∞, 0 × ∞ or ∞ ÷ ∞ is a number.");
}

/// What a format stores in place of the answer that it has no code for.
QString inPlace(const FormatRow& row, const EvaluationStep& step) {
  const QString stored = storedText(row, step.code);
  if (step.value.isNan()) return tr("it has no infinity and answers NaN");
  if (step.exact.isNan()) return tr("it has no NaN and stores %1").arg(stored);
  return tr("it has no infinity and stops at its last value, %1").arg(stored);
}

QString exceptionSentence(const FormatRow& row, const EvaluationStep& step) {
  const QString format = titleOf(*row.format), what = operationText(row, step), stored = storedText(row, step.code);
  const bool hasAnswer = step.exact.isNan() ? row.format->hasNan() : row.format->hasInfinity();
  switch (step.exception) {
    case ArithmeticException::DivisionByZero:
      return hasAnswer ? tr("%1 answers %2, a division by zero, with %3, as IEEE 754 says.").arg(format, what, stored)
                       : tr("%1, a division by zero, in %2: %3.").arg(what, format, inPlace(row, step));
    case ArithmeticException::Invalid:
      return hasAnswer ? tr("%1 answers %2, an invalid operation, with NaN, as IEEE 754 says.").arg(format, what)
                       : tr("%1, an invalid operation, in %2: %3.").arg(what, format, inPlace(row, step));
    default:
      return tr("%1 lies beyond the largest value of %2 (overflow): it becomes %3.").arg(what, format, stored);
  }
}

QString comparison(const FormatRow& row, const Evaluation& computed) {
  const QString format = titleOf(*row.format), result = storedText(row, computed.code);
  const QString exact = exactShown(computed.exact, 20);
  if (computed.code == row.code)
    return tr("%1 computes %2, and that is the nearest it has to the exact %3.").arg(format, result, exact);
  return tr("%1 computes %2, step by step; the exact %3 would be rounded to %4.")
      .arg(format, result, exact, storedText(row, row.code));
}

}  // namespace

Evaluation computedIn(const BitsState& state, const FormatRow& row) {
  return core::numeric::evaluate(state.number().expression, *row.format, state.rule(),
                                 core::numeric::Overflow::AsFormat, row.scale);
}

QString storedText(const FormatRow& row, std::uint64_t code) {
  const double value = core::numeric::decode(*row.format, code, row.scale);
  if (std::isnan(value)) return QStringLiteral("NaN");
  if (std::isinf(value)) return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
  return QString::fromStdString(core::numeric::shortestText(*row.format, code, row.scale)).replace(u'-', u'−');
}

QString operationText(const FormatRow& row, const EvaluationStep& step) {
  const auto operand = [&](const std::optional<EvaluationStep::Operand>& of) {
    return of ? storedText(row, of->code) : QString();
  };
  switch (step.operation) {
    case Operation::Read:
      return tr("read %1").arg(QString::fromStdString(step.text));
    case Operation::Negate:
      return QStringLiteral("−(%1)").arg(operand(step.left));
    case Operation::Add:
      return operand(step.left) + QStringLiteral(" + ") + operand(step.right);
    case Operation::Subtract:
      return operand(step.left) + QStringLiteral(" − ") + operand(step.right);
    case Operation::Multiply:
      return operand(step.left) + QStringLiteral(" × ") + operand(step.right);
    case Operation::Divide:
      return operand(step.left) + QStringLiteral(" ÷ ") + operand(step.right);
  }
  return {};
}

QString arithmeticSentence(const BitsState& state) {
  if (!state.number().isArithmetic()) return {};
  const FormatRow& row = state.selected();
  const Evaluation computed = computedIn(state, row);
  const ArithmeticException exactly = state.number().expression.exception();
  const bool hasValue = exactly == ArithmeticException::None;
  const auto odd = std::find_if(computed.steps.begin(), computed.steps.end(),
                                [](const EvaluationStep& step) { return step.exception != ArithmeticException::None; });
  QStringList sentences;
  if (!hasValue) sentences << noValueSentence(exactly);
  if (odd != computed.steps.end()) {
    sentences << exceptionSentence(row, *odd);
    if (odd + 1 != computed.steps.end())
      sentences << tr("In the end it computes %1.").arg(storedText(row, computed.code));
    if (hasValue) sentences << tr("Exactly it is %1.").arg(exactShown(computed.exact, 20));
  } else if (hasValue) {
    sentences << comparison(row, computed);
  } else {
    sentences << tr("%1 computes %2: what it rounds on the way makes a number of it.")
                     .arg(titleOf(*row.format), storedText(row, computed.code));
  }
  return sentences.join(u' ');
}

}  // namespace app
