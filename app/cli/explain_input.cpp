#include "app/cli/explain_input.h"

#include <fmt/format.h>

#include <utility>

#include "core/quant/explain/formula_text.h"

namespace app::cli {

namespace quant = core::quant;

namespace {

bool isInteger(const quant::InputQuantizer& input) { return input.name == quant::ActivationName::Int8Static; }

/// What the lowest and the highest code stand for.
std::pair<double, double> rangeOf(const quant::InputQuantizer& input) {
  const double scale = static_cast<double>(input.scale), zero = input.zeroPoint;
  return isInteger(input) ? std::pair(scale * (-128 - zero), scale * (127 - zero))
                          : std::pair(-448 * scale, 448 * scale);
}

}  // namespace

Json inputJson(const quant::InputQuantizer& input) {
  const auto [low, high] = rangeOf(input);
  return {{"scale", input.scale}, {"zero_point", input.zeroPoint}, {"low", low}, {"high", high}};
}

void printInput(const quant::InputQuantizer& input) {
  const auto [low, high] = rangeOf(input);
  fmt::print("  {} … {}, from the text\n", quant::numberText(low), quant::numberText(high));
  fmt::print("  S = {}\n", quant::numberText(static_cast<double>(input.scale)));
  if (isInteger(input))
    fmt::print("  Z = {}\n  xq = clamp(round(x/S) + Z, −128, 127), x̂ = S·(xq − Z)\n",
               quant::numberText(input.zeroPoint));
  else
    fmt::print("  x̂ = S·fp8(x/S)\n");
}

}  // namespace app::cli
