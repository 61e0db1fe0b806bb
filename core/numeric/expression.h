#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/numeric/rounding.h"

namespace core::numeric {

enum class Operation : std::uint8_t { Read, Negate, Add, Subtract, Multiply, Divide };
const char* toString(Operation operation);  ///< "read", "negate", "add", "subtract", "multiply", "divide"

/// Why an operation on numbers has no ordinary result; the names and cases are IEEE 754-2019's (clause 7).
enum class ArithmeticException : std::uint8_t {
  None,
  Invalid,         ///< 0/0, ∞ − ∞, 0 × ∞, ∞/∞: the answer is NaN
  DivisionByZero,  ///< of a finite number other than zero: the answer is an infinity
  Overflow         ///< only of a format: the result lies beyond its largest value
};
const char* toString(ArithmeticException exception);  ///< "none", "invalid", "division_by_zero", "overflow"

/// Arithmetic as typed, in the order in which it is done: every term after those it uses, the last one is the result.
struct Expression {
  struct Term {
    Operation operation = Operation::Read;
    std::string text;                 ///< what was typed of it: "0.1", "0.1+0.2"
    std::size_t left = 0, right = 0;  ///< indices of terms; Negate has only `left`
    /// Without any rounding; ±Inf and NaN where there is an exception, and what follows from them.
    ExactNumber exact;
    ArithmeticException exception = ArithmeticException::None;  ///< Invalid or DivisionByZero
    std::optional<NumberFormat> patternFormat;                  ///< Read: a code of this format was typed
    std::uint64_t patternCode = 0;
  };
  std::vector<Term> terms;

  /// The first exception of its terms. With one the expression has no value among the numbers, only answers of formats.
  ArithmeticException exception() const;
  bool hasValue() const { return exception() == ArithmeticException::None; }
};

/// One rounding of an evaluation.
struct EvaluationStep {
  struct Operand {
    std::uint64_t code = 0;
    ExactNumber value;
  };
  Operation operation = Operation::Read;
  std::string text;                    ///< of the term
  std::optional<Operand> left, right;  ///< absent for Read; Negate has only `left`
  ExactNumber exact;                   ///< of the operation on the operands as stored, as Expression::Term has it
  ArithmeticException exception = ArithmeticException::None;
  ExactRoundingDecision decision;  ///< how it was rounded
  std::uint64_t code = 0;
  ExactNumber value;  ///< of the code
  ExactNumber error;  ///< value − exact; NaN where either is not finite
};

struct Evaluation {
  std::vector<EvaluationStep> steps;  ///< one for each term
  std::uint64_t code = 0;             ///< of the last step
  ExactNumber value;
  ExactNumber exact;  ///< the whole expression without rounding
  ExactNumber error;  ///< value − exact; NaN where either is not finite
};

/// What an operation that gave `result` signals, before it is rounded: None, Invalid or DivisionByZero.
ArithmeticException exceptionOf(Operation operation, const ExactNumber& left, const ExactNumber& right,
                                const ExactNumber& result);

/// Computes in a format as IEEE 754 does: every number that is read and every result is rounded once (with Stochastic:
/// the same draw each time). An exact zero sum of numbers that are not both −0 is −0 when rounding down, +0 otherwise.
/// A format without ±Inf or NaN stores in their place what decideRounding says.
Evaluation evaluate(const Expression& expression, const NumberFormat& format, RoundingRule rule = {},
                    Overflow overflow = Overflow::AsFormat, const CodeScale& scale = {});

}  // namespace core::numeric
