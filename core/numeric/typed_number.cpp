#include "core/numeric/typed_number.h"

#include "core/base/error.h"
#include "core/numeric/expression_parser.h"
#include "core/numeric/typed_text.h"

namespace core::numeric {

TypedNumber parseTypedNumber(std::string_view typed, const NumberFormat& patternFormat, const CodeScale& scale) {
  if (typed.size() > ExactNumber::kMaxLength)
    throw Error(ErrorCode::InvalidArgument,
                "A number may have up to 65,536 characters, but found " + std::to_string(typed.size()) + ".");
  TypedNumber number;
  number.text = plainNumberText(typed);
  if (number.text.empty())
    throw Error(ErrorCode::InvalidArgument,
                "A number, inf, nan, or a bit pattern such as 0x3f80 was expected, but nothing was typed.");
  number.expression = parseExpression(number.text, patternFormat, scale);
  const Expression::Term& result = number.expression.terms.back();
  number.exact = result.exact;
  number.nearest = nearestDouble(number.exact);
  number.patternFormat = result.patternFormat;
  number.patternCode = result.patternCode;
  return number;
}

TypedEncoding encodeTyped(const NumberFormat& format, const TypedNumber& number, RoundingRule rule, Overflow overflow,
                          const CodeScale& scale) {
  TypedEncoding encoding;
  if (!number.hasValue()) {
    const EvaluationStep last = evaluate(number.expression, format, rule, overflow, scale).steps.back();
    return {last.exact, last.decision, {}};
  }
  encoding.rounded = number.exact;
  encoding.decision = decideRounding(format, number.exact, rule, overflow, scale);
  // A pattern keeps its code, whichever of several codes of one value or one NaN it is.
  if (number.patternFormat == format) encoding.decision.code = encoding.decision.truncatedCode = number.patternCode;
  const ExactNumber value = decodeExact(format, encoding.decision.code, scale);
  if (value.isFinite() && number.exact.isFinite()) encoding.error = value - number.exact;
  return encoding;
}

}  // namespace core::numeric
