#include "app/cli/bits_json.h"

#include "core/numeric/explain.h"
#include "core/numeric/number_text.h"
#include "core/numeric/rounding_interval.h"

namespace app::cli {

namespace {

using namespace core::numeric;

constexpr std::size_t kMostDigits = 5000;  // of what was typed, which may be longer than any stored value

/// Digits that programs can read: an endless number simply ends.
std::string digits(const ExactNumber& number, std::size_t most = ExactNumber::kAllDigits) {
  std::string text = number.toDecimalText(most);
  constexpr std::string_view kCut = "…";
  if (text.ends_with(kCut)) text.resize(text.size() - kCut.size());
  return text;
}

template <class T>
Json optional(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json finiteDigits(const ExactNumber& number) { return number.isFinite() ? Json(digits(number)) : Json(nullptr); }

std::string hexOf(const NumberFormat& format, std::uint64_t code) { return explain(format, code).hex; }

const char* toString(RoundingDirection direction) {
  switch (direction) {
    case RoundingDirection::Exact:
      return "exact";
    case RoundingDirection::TowardZero:
      return "toward_zero";
    case RoundingDirection::AwayFromZero:
      break;
  }
  return "away_from_zero";
}

Json ruleJson(const RoundingRule& rule) {
  Json json = {{"mode", core::numeric::toString(rule.mode)}};
  if (rule.mode == Rounding::Stochastic) json["draw"] = rule.draw;
  return json;
}

Json decisionJson(const NumberFormat& format, const ExactRoundingDecision& decision, const RoundingRule& rule) {
  Json bits = nullptr;
  if (decision.hasBits) bits = {{"guard", decision.guard}, {"round", decision.round}, {"sticky", decision.sticky}};
  Json json = {{"direction", toString(decision.direction)},
               {"cut_off", bits},
               {"overflow", decision.overflow},
               {"underflow", decision.underflow},
               {"no_such_value", decision.noSuchValue}};
  json.update(ruleJson(rule));
  json["tie"] = decision.tie;
  json["truncated"] = hexOf(format, decision.truncatedCode);
  json["fraction"] = digits(decision.exactFraction);
  json["probability_away"] = decision.fraction;
  return json;
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
  return {{"hex", hexOf(format, *code)}, {"value", value}};
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
    row["zero_point"] = scale.zeroPoint;
  } else if (format.kind == FormatKind::CodeBook) {
    row["absmax"] = request.scaleOf(format).scale;
  }
}

/// Error in parts of the number and in units of the last place.
void addRelativeErrors(Json& row, const TypedEncoding& encoding, const ExactNumber& number, const ExactNumber& ulp) {
  const bool known = encoding.error.has_value();
  row["relative_error"] =
      known && !number.isZero() ? finite(nearestDouble(*encoding.error / number.magnitude())) : Json(nullptr);
  row["error_ulp"] = known && ulp.isFinite() ? finite(nearestDouble(*encoding.error / ulp)) : Json(nullptr);
}

const char* causeSentence(DivergenceCause cause, const ChainStep& maker) {
  if (maker.decision.noSuchValue) return "has no code for this number";
  switch (cause) {
    case DivergenceCause::TieMade:
      return "put the number half way between two values of the next, where it was not";
    case DivergenceCause::MovedAcross:
      return "moved the number across the border between two values of the next";
    case DivergenceCause::PrecisionLost:
      return "is coarser, and what it lost does not come back";
    case DivergenceCause::Overflow:
      return "does not reach so far";
    case DivergenceCause::Underflow:
      break;
  }
  return "turned the number into zero";
}

Json divergenceJson(const ConversionChain& chain, const BitsRequest& request) {
  if (!chain.divergence) return nullptr;
  const Divergence& divergence = *chain.divergence;
  const NumberFormat& maker = request.chain[divergence.madeBy].format;
  return {{"cause", core::numeric::toString(divergence.cause)},
          {"step", divergence.step},
          {"made_by", divergence.madeBy},
          {"sentence", maker.title + " " + causeSentence(divergence.cause, chain.steps[divergence.madeBy]) + "."}};
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
              {"value", code.valueText},
              {"formula", code.formula},
              {"ulp", code.ulpText},
              {"error", encoding.error ? Json(digits(*encoding.error)) : Json(nullptr)},
              {"tie", encoding.decision.tie},
              {"rounding", decisionJson(format, encoding.decision, request.rule)},
              {"previous", code.previousText},
              {"next", code.nextText},
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

Json chainJson(const BitsRequest& request) {
  if (request.chain.empty()) return nullptr;
  std::vector<ChainLink> links;
  for (const ChainStop& stop : request.chain)
    links.push_back({&stop.format, stop.rule, request.overflow, request.scaleOf(stop.format)});
  const ConversionChain chain = convertThrough(request.number.exact, links);
  Json steps = Json::array();
  for (std::size_t i = 0; i < chain.steps.size(); ++i) {
    const ChainStep& step = chain.steps[i];
    const NumberFormat& format = request.chain[i].format;
    steps.push_back({{"format", format.name},
                     {"hex", hexOf(format, step.code)},
                     {"value", digits(step.value)},
                     {"step_error", finiteDigits(step.stepError)},
                     {"total_error", finiteDigits(step.totalError)},
                     {"rounding", decisionJson(format, step.decision, request.chain[i].rule)},
                     {"direct_hex", hexOf(format, step.direct.code)},
                     {"direct_value", digits(decodeExact(format, step.direct.code, request.scaleOf(format)))},
                     {"direct_rounding", decisionJson(format, step.direct, request.chain[i].rule)}});
  }
  return {
      {"steps", steps}, {"double_rounding", chain.doubleRounding()}, {"divergence", divergenceJson(chain, request)}};
}

Json bitsJson(const std::string& input, const BitsRequest& request) {
  const TypedNumber& number = request.number;
  Json rows = Json::array();
  for (const NumberFormat& format : request.formats) rows.push_back(formatJson(format, request));
  Json json = {{"input", input},
               {"formats", rows},
               {"value", digits(number.exact, kMostDigits)},
               {"fraction", number.isEndless() ? Json(number.exact.toFractionText()) : Json(nullptr)},
               {"arithmetic", number.isArithmetic()},
               {"rounding", ruleJson(request.rule)}};
  if (!request.chain.empty()) json["chain"] = chainJson(request);
  return json;
}

}  // namespace app::cli
