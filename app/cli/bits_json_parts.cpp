#include "app/cli/bits_json_parts.h"

#include "core/numeric/explain.h"

namespace app::cli {

using namespace core::numeric;

namespace {

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

}  // namespace

std::string readable(std::string digits) {
  constexpr std::string_view kCut = "…";
  if (digits.ends_with(kCut)) digits.resize(digits.size() - kCut.size());
  return digits;
}

std::string digits(const ExactNumber& number, std::size_t most) {
  return readable(number.toDecimalText(number.hasLastDigit() ? most : ExactNumber::kAllDigits));
}

Json finiteDigits(const ExactNumber& number) { return number.isFinite() ? Json(digits(number)) : Json(nullptr); }

std::string hexOf(const NumberFormat& format, std::uint64_t code) { return explain(format, code).hex; }

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

Json exceptionJson(ArithmeticException exception) {
  return exception == ArithmeticException::None ? Json(nullptr) : Json(core::numeric::toString(exception));
}

}  // namespace app::cli
