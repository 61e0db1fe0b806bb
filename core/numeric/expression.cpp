#include "core/numeric/expression.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace core::numeric {

namespace {

ExactNumber apply(Operation operation, const ExactNumber& left, const ExactNumber& right) {
  switch (operation) {
    case Operation::Add:
      return left + right;
    case Operation::Subtract:
      return left - right;
    case Operation::Multiply:
      return left * right;
    case Operation::Divide:
      return left / right;
    case Operation::Read:
    case Operation::Negate:
      break;
  }
  return left.negated();
}

/// IEEE 754-2019, 6.3: what sign a sum of opposite numbers has.
ExactNumber withZeroSign(const ExactNumber& sum, const EvaluationStep& step, const RoundingRule& rule) {
  if (!sum.isZero() || rule.mode != Rounding::Down) return sum;
  if (step.operation != Operation::Add && step.operation != Operation::Subtract) return sum;
  const bool bothPositive = step.left->value.isZero() && !step.left->value.isNegative() &&
                            step.right->value.isNegative() == (step.operation == Operation::Subtract);
  return bothPositive || sum.isNegative() ? sum : sum.negated();
}

}  // namespace

const char* toString(Operation operation) {
  constexpr std::array kNames = {"read", "negate", "add", "subtract", "multiply", "divide"};
  return kNames[static_cast<std::size_t>(operation)];
}

const char* toString(ArithmeticException exception) {
  constexpr std::array kNames = {"none", "invalid", "division_by_zero", "overflow"};
  return kNames[static_cast<std::size_t>(exception)];
}

ArithmeticException Expression::exception() const {
  const auto first =
      std::find_if(terms.begin(), terms.end(), [](const Term& t) { return t.exception != ArithmeticException::None; });
  return first == terms.end() ? ArithmeticException::None : first->exception;
}

ArithmeticException exceptionOf(Operation operation, const ExactNumber& left, const ExactNumber& right,
                                const ExactNumber& result) {
  if (operation == Operation::Read || operation == Operation::Negate) return ArithmeticException::None;
  if (result.isNan()) return left.isNan() || right.isNan() ? ArithmeticException::None : ArithmeticException::Invalid;
  const bool byZero = operation == Operation::Divide && right.isZero() && left.isFinite();
  return byZero ? ArithmeticException::DivisionByZero : ArithmeticException::None;
}

Evaluation evaluate(const Expression& expression, const NumberFormat& format, RoundingRule rule, Overflow overflow,
                    const CodeScale& scale) {
  assert(!expression.terms.empty());
  Evaluation evaluation;
  const auto operand = [&](std::size_t term) {
    return EvaluationStep::Operand{evaluation.steps[term].code, evaluation.steps[term].value};
  };
  for (const Expression::Term& term : expression.terms) {
    EvaluationStep step;
    step.operation = term.operation;
    step.text = term.text;
    step.exact = term.exact;
    if (term.operation != Operation::Read) {
      step.left = operand(term.left);
      if (term.operation != Operation::Negate) step.right = operand(term.right);
      const ExactNumber right = step.right ? step.right->value : ExactNumber();
      step.exact = withZeroSign(apply(term.operation, step.left->value, right), step, rule);
      step.exception = exceptionOf(term.operation, step.left->value, right, step.exact);
    }
    step.decision = decideRounding(format, step.exact, rule, overflow, scale);
    if (step.decision.overflow && step.exact.isFinite()) step.exception = ArithmeticException::Overflow;
    if (term.patternFormat == format) step.decision.code = step.decision.truncatedCode = term.patternCode;
    step.code = step.decision.code;
    step.value = decodeExact(format, step.code, scale);
    step.error = step.value.isFinite() && step.exact.isFinite() ? step.value - step.exact : ExactNumber::nan();
    evaluation.steps.push_back(std::move(step));
  }
  evaluation.code = evaluation.steps.back().code;
  evaluation.value = evaluation.steps.back().value;
  evaluation.exact = expression.terms.back().exact;
  const bool finite = evaluation.value.isFinite() && evaluation.exact.isFinite();
  evaluation.error = finite ? evaluation.value - evaluation.exact : ExactNumber::nan();
  return evaluation;
}

}  // namespace core::numeric
