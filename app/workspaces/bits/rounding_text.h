#pragma once
#include <QString>

#include "app/selection/bits_state.h"

namespace app {

/// Why a row holds what it holds, in one sentence.
/// @param number what was rounded
QString roundingSentence(const FormatRow& row, double number, core::numeric::Rounding rounding);
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

}  // namespace app
