#pragma once
#include <QString>
#include <array>

#include "app/selection/bits_state.h"

namespace app {

/// Every rounding mode, in the order people are shown them.
inline constexpr std::array kRoundings{core::numeric::Rounding::NearestEven, core::numeric::Rounding::NearestAway,
                                       core::numeric::Rounding::TowardZero,  core::numeric::Rounding::Up,
                                       core::numeric::Rounding::Down,        core::numeric::Rounding::Stochastic};
/// "Nearest, ties to even"
QString roundingName(core::numeric::Rounding rounding);

/// What a format says of NaN, infinity, zero or a negative number that it has no code for: "INT8 has no NaN: it becomes
/// 0".
QString noSuchValueText(const core::numeric::NumberFormat& format, const core::numeric::ExactNumber& number,
                        double became);
/// Why a row holds what it holds, in one sentence.
QString roundingSentence(const FormatRow& row, const core::numeric::RoundingRule& rule);
/// "121 − 127 → 2⁻⁶"; empty where there is no exponent.
QString exponentText(const FormatRow& row);
/// Why the fields of a subnormal mean something else; empty for every other number.
QString fieldSentence(const FormatRow& row);
/// "normal", "subnormal", "zero" … for people.
QString className(core::numeric::NumberClass numberClass);
/// What a picture of the number was made from: the number, whose weight it is, block scale, rounding.
QString provenanceText(const BitsState& state);
/// The computation with this row's numbers, scale included, with typographic signs.
QString formulaText(const FormatRow& row);
/// "INT8: S = 0.1, Z = 3", "NF4: absmax 0.5": of the selected format, which has a scale.
QString scaleSentence(const BitsState& state);
/// A row's scale as it was typed, or with so many digits.
QString scaleShown(const BitsState& state, const FormatRow& row, int digits);
/// Of a code book: the entry, before the scale.
double levelOf(const FormatRow& row);
/// "[0.0999, 0.1001]": the reals that round to the selected code, with round brackets where an end does not.
QString intervalText(const core::numeric::RoundingInterval& interval, int digits = 17);
/// The first digits, with "…" where there are more; as a power of ten where they would be zeros.
QString exactShown(const core::numeric::ExactNumber& value, int digits = 17);
/// "37.5 %": a probability that is never shown as 0 or 1 unless it is.
QString probabilityText(double fraction);

}  // namespace app
