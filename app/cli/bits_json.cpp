#include "app/cli/bits_json.h"

#include "app/cli/bits_json_parts.h"
#include "core/numeric/explain.h"
#include "core/numeric/number_text.h"
#include "core/numeric/rounding_interval.h"
#include "core/numeric/typed_scale.h"

namespace app::cli {

namespace {

using namespace core::numeric;

template <class T>
Json optional(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json intervalJson(const std::optional<RoundingInterval>& interval) {
  if (!interval) return nullptr;
  return {{"low", finiteDigits(interval->low)},
          {"high", finiteDigits(interval->high)},
          {"low_closed", interval->lowClosed},
          {"high_closed", interval->highClosed}};
}

Json neighbourJson(const NumberFormat& format, const std::optional<std::uint64_t>& code, const std::string& value) {
  if (!code) return nullptr;
  return {{"hex", hexOf(format, *code)}, {"value", readable(value)}};
}

Json stepJson(const NumberFormat& format, const EvaluationStep& step, const RoundingRule& rule) {
  const auto operand = [&](const std::optional<EvaluationStep::Operand>& one) {
    return one ? Json{{"hex", hexOf(format, one->code)}, {"value", digits(one->value)}} : Json(nullptr);
  };
  return {{"operation", core::numeric::toString(step.operation)},
          {"text", step.text},
          {"left", operand(step.left)},
          {"right", operand(step.right)},
          {"exact", digits(step.exact, kMostDigits)},
          {"hex", hexOf(format, step.code)},
          {"value", digits(step.value)},
          {"error", finiteDigits(step.error)},
          {"exception", exceptionJson(step.exception)},
          {"rounding", decisionJson(format, step.decision, rule)}};
}

void addEvaluation(Json& row, const NumberFormat& format, const BitsRequest& request) {
  if (!request.number.isArithmetic()) return;
  const Evaluation evaluation =
      evaluate(request.number.expression, format, request.rule, request.overflow, request.scaleOf(format));
  Json steps = Json::array();
  for (const EvaluationStep& step : evaluation.steps) steps.push_back(stepJson(format, step, request.rule));
  row["computed"] = {{"hex", hexOf(format, evaluation.code)},
                     {"value", digits(evaluation.value)},
                     {"error", finiteDigits(evaluation.error)},
                     {"steps", steps}};
}

void addScale(Json& row, const NumberFormat& format, const BitsRequest& request) {
  if (format.isInteger()) {
    const CodeScale scale = request.scaleOf(format);
    row["scale"] = scale.scale;
    row["scale_exact"] = scaleText(scale);
    row["zero_point"] = scale.zeroPoint;
  } else if (format.kind == FormatKind::CodeBook) {
    const CodeScale scale = request.scaleOf(format);
    row["absmax"] = scale.scale;
    row["absmax_exact"] = scaleText(scale);
  }
}

/// Error in parts of the number and in units of the last place.
void addRelativeErrors(Json& row, const TypedEncoding& encoding, const ExactNumber& number, const ExactNumber& ulp) {
  const bool known = encoding.error.has_value();
  row["relative_error"] =
      known && !number.isZero() ? finite(nearestDouble(*encoding.error / number.magnitude())) : Json(nullptr);
  row["error_ulp"] = known && ulp.isFinite() ? finite(nearestDouble(*encoding.error / ulp)) : Json(nullptr);
}

}  // namespace

Json formatJson(const NumberFormat& format, const BitsRequest& request) {
  const CodeScale scale = request.scaleOf(format);
  const TypedEncoding encoding = encodeTyped(format, request.number, request.rule, request.overflow, scale);
  const std::uint64_t at = encoding.decision.code;
  const Explanation code = explain(format, at, scale);
  Json row = {{"format", format.name},
              {"bits", format.bits},
              {"hex", code.hex},
              {"binary", code.binary},
              {"sign", optional(code.sign)},
              {"exponent_field", optional(code.exponentField)},
              {"exponent", optional(code.exponent)},
              {"mantissa_field", optional(code.mantissaField)},
              {"integer", optional(code.integer)},
              {"class", core::numeric::toString(code.numberClass)},
              {"value", readable(code.valueText)},
              {"formula", code.formula},
              {"ulp", readable(code.ulpText)},
              {"error", encoding.error ? Json(digits(*encoding.error)) : Json(nullptr)},
              {"tie", encoding.decision.tie},
              {"rounding", decisionJson(format, encoding.decision, request.rule)},
              {"previous", readable(code.previousText)},
              {"next", readable(code.nextText)},
              {"title", format.title}};
  addRelativeErrors(row, encoding, request.number.exact, ulpExact(format, at, scale));
  row["shortest"] = shortestText(format, at, scale);
  row["interval"] = intervalJson(roundingInterval(format, at, request.rule, request.overflow, scale));
  row["neighbours"] = {{"previous", neighbourJson(format, code.previous, code.previousText)},
                       {"next", neighbourJson(format, code.next, code.nextText)}};
  row["literals"] = {{"c", cLiteral(format, at, scale)}, {"python", pythonLiteral(format, at, scale)}};
  addScale(row, format, request);
  addEvaluation(row, format, request);
  return row;
}

Json bitsJson(const std::string& input, const BitsRequest& request) {
  const TypedNumber& number = request.number;
  Json rows = Json::array();
  for (const NumberFormat& format : request.formats) rows.push_back(formatJson(format, request));
  Json json = {{"input", input},
               {"formats", rows},
               {"value", number.hasValue() ? Json(digits(number.exact, kMostDigits)) : Json(nullptr)},
               {"fraction", number.isEndless() ? Json(number.exact.toFractionText()) : Json(nullptr)},
               {"arithmetic", number.isArithmetic()},
               {"exception", exceptionJson(number.expression.exception())},
               {"rounding", ruleJson(request.rule)}};
  if (!request.chain.empty()) json["chain"] = chainJson(request);
  return json;
}

}  // namespace app::cli
