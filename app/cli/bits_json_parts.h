#pragma once
#include <string>

#include "app/cli/command.h"
#include "core/numeric/expression.h"
#include "core/numeric/rounding.h"

namespace app::cli {

/// Of what was typed, which may be longer than any stored value.
inline constexpr std::size_t kMostDigits = 5000;
/// Digits that programs can read: an endless number simply ends, after kEndlessDigits.
std::string readable(std::string digits);
std::string digits(const core::numeric::ExactNumber& number, std::size_t most = core::numeric::ExactNumber::kAllDigits);
/// Null for infinities and NaN.
Json finiteDigits(const core::numeric::ExactNumber& number);
std::string hexOf(const core::numeric::NumberFormat& format, std::uint64_t code);
/// {"mode"} and, of stochastic rounding, "draw".
Json ruleJson(const core::numeric::RoundingRule& rule);
Json decisionJson(const core::numeric::NumberFormat& format, const core::numeric::ExactRoundingDecision& decision,
                  const core::numeric::RoundingRule& rule);
/// Null where there is none.
Json exceptionJson(core::numeric::ArithmeticException exception);

}  // namespace app::cli
