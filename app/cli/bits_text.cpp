#include "app/cli/bits_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "app/cli/bits_json.h"

namespace app::cli {

namespace {

using namespace core::numeric;

constexpr std::size_t kReadable = 40;  ///< digits of a line for people

std::string textOf(const Json& json) { return json.is_null() ? std::string() : json.get<std::string>(); }

/// Not more digits than a person reads; with an exponent where they would be zeros alone.
std::string shortened(const std::string& text) {
  if (text.size() <= kReadable) return text;
  const std::size_t first = text.find_first_of("123456789"), point = text.find('.');
  constexpr std::size_t kPlainZeros = 8;
  if (point == std::string::npos || first == std::string::npos || first < point + kPlainZeros)
    return text.substr(0, kReadable) + "…";
  constexpr std::size_t kShown = 17;
  const std::string digits = text.substr(first, kShown);
  return (text.front() == '-' ? "-" : "") + digits.substr(0, 1) + "." + digits.substr(1) +
         (text.size() > first + kShown ? "…e-" : "e-") + std::to_string(first - point);
}

/// "…" behind digits that go on, where they may.
std::string withDots(const std::string& digits, bool mayBeEndless) {
  const std::size_t first = std::min(digits.find_first_of("123456789"), digits.size());
  const auto shown =
      std::count_if(digits.begin() + static_cast<std::ptrdiff_t>(first), digits.end(), [](char c) { return c != '.'; });
  const bool isCut = mayBeEndless && static_cast<std::size_t>(shown) == ExactNumber::kEndlessDigits;
  return digits + (isCut ? "…" : "");
}

std::string errorText(const Json& row, const TypedNumber& number, bool endlessScale) {
  const std::string value = textOf(row["value"]);
  if (row["rounding"]["no_such_value"].get<bool>())
    return number.exact.isNan()        ? "none: NaN has no code and became " + value
           : number.exact.isInfinite() ? "none: infinity has no code and became " + value
                                       : "none: this number has no code and became " + value;
  if (row["error"].is_null()) return row["rounding"]["overflow"].get<bool>() ? "infinite: overflow" : "none";
  std::string text = withDots(textOf(row["error"]), number.isEndless() || endlessScale);
  if (!row["relative_error"].is_null() && row["relative_error"].get<double>() != 0)
    text += fmt::format(" ({:.3g} of the number", std::abs(row["relative_error"].get<double>())) +
            (row["error_ulp"].is_null() ? ")" : fmt::format(", {:.3g} ulp)", row["error_ulp"].get<double>()));
  return text;
}

std::string intervalText(const Json& interval) {
  if (interval.is_null()) return "no number rounds to it";
  const auto end = [](const Json& value, const char* unbounded) {
    return value.is_null() ? std::string(unbounded) : shortened(textOf(value));
  };
  return fmt::format("stands for {}{}, {}{}", interval["low_closed"].get<bool>() ? "[" : "(",
                     end(interval["low"], "-inf"), end(interval["high"], "inf"),
                     interval["high_closed"].get<bool>() ? "]" : ")");
}

std::string decisionText(const Json& rounding) {
  const std::string direction = textOf(rounding["direction"]);
  if (rounding["no_such_value"].get<bool>()) return "not a number of this format";
  if (direction == "exact") return "exact";
  std::string text = textOf(rounding["mode"]);
  if (rounding.contains("draw")) text += fmt::format(" with draw {:.6g}", rounding["draw"].get<double>());
  text += rounding["overflow"].get<bool>()
              ? ": beyond the largest value"
              : fmt::format(": {:.6g} of the gap is cut off{}", rounding["probability_away"].get<double>(),
                            rounding["tie"].get<bool>() ? " (a tie)" : "");
  return text + (direction == "toward_zero" ? ", toward zero" : ", away from zero");
}

void printRow(const Json& row, const TypedNumber& number, bool endlessScale) {
  const auto digits = [&](const char* key) { return withDots(textOf(row[key]), endlessScale); };
  fmt::print("{:<10} {:<20} {}\n", textOf(row["format"]), textOf(row["hex"]), textOf(row["binary"]));
  fmt::print("           {} = {}\n", textOf(row["formula"]), digits("value"));
  fmt::print("           error {}, ulp {}, {}\n", errorText(row, number, endlessScale), digits("ulp"),
             textOf(row["class"]));
  fmt::print("           shortest {}, {}\n", textOf(row["shortest"]), intervalText(row["interval"]));
}

std::string exceptionText(const Json& exception) {
  const std::string name = textOf(exception);
  if (name == "division_by_zero") return "a division by zero; ";
  if (name == "invalid") return "an invalid operation; ";
  return name == "overflow" ? "overflow; " : "";
}

void printSteps(const Json& computed) {
  fmt::print("           computed in this format: {} = {}, error {}\n", textOf(computed["hex"]),
             textOf(computed["value"]), computed["error"].is_null() ? "none" : textOf(computed["error"]));
  for (const Json& step : computed["steps"])
    fmt::print("             {} → {} = {} ({}{})\n", shortened(textOf(step["text"])), textOf(step["hex"]),
               shortened(textOf(step["value"])), exceptionText(step["exception"]), decisionText(step["rounding"]));
}

/// What there is to say about one format alone.
void printDetails(const Json& row) {
  const auto neighbour = [](const Json& one) {
    return one.is_null() ? std::string("none") : textOf(one["hex"]) + " = " + shortened(textOf(one["value"]));
  };
  fmt::print("           rounding {}\n", decisionText(row["rounding"]));
  fmt::print("           previous {}, next {}\n", neighbour(row["neighbours"]["previous"]),
             neighbour(row["neighbours"]["next"]));
  fmt::print("           C {}, Python {}\n", textOf(row["literals"]["c"]), textOf(row["literals"]["python"]));
}

void printChain(const Json& chain) {
  fmt::print("Chain\n");
  for (const Json& step : chain["steps"])
    fmt::print("{:<10} {:<20} {}\n           {}; error of the step {}, in total {}\n", textOf(step["format"]),
               textOf(step["hex"]), shortened(textOf(step["value"])), decisionText(step["rounding"]),
               shortened(step["step_error"].is_null() ? "none" : textOf(step["step_error"])),
               shortened(step["total_error"].is_null() ? "none" : textOf(step["total_error"])));
  const Json& last = chain["steps"].back();
  if (chain["divergence"].is_null())
    fmt::print("           One rounding straight to {} gives the same.\n", textOf(last["format"]));
  else
    fmt::print("           {}One rounding straight to {} gives {} = {}: {}\n",
               chain["double_rounding"].get<bool>() ? "Double rounding. " : "", textOf(last["format"]),
               textOf(last["direct_hex"]), shortened(textOf(last["direct_value"])),
               textOf(chain["divergence"]["sentence"]));
}

}  // namespace

void printBits(const BitsRequest& request) {
  if (const ArithmeticException exception = request.number.expression.exception();
      exception != ArithmeticException::None)
    fmt::print("Exactly this has no value: {}. What formats answer, computed step by step:\n",
               exception == ArithmeticException::DivisionByZero ? "a division by zero" : "an invalid operation");
  // With a chain and no format of its own the chain is what was asked for.
  if (request.chain.empty() || request.formatsChosen)
    for (const NumberFormat& format : request.formats) {
      const Json row = formatJson(format, request);
      printRow(row, request.number, !request.scaleOf(format).factor().hasLastDigit());
      if (request.formatsChosen) printDetails(row);
      if (request.formatsChosen && row.contains("computed")) printSteps(row["computed"]);
    }
  if (!request.chain.empty()) printChain(chainJson(request));
}

}  // namespace app::cli
