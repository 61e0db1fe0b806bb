#pragma once
#include <QString>

#include "app/selection/bits_state.h"

namespace app {

/// "Cut after the last bit: guard 1, round 0, sticky 1 — more than half, so up." in words, for a row.
QString roundingSentence(const FormatRow& row, core::numeric::Rounding rounding);
/// "normal", "subnormal", "zero" … for people.
QString className(core::numeric::NumberClass numberClass);
/// The computation with this row's numbers, scale included, with typographic signs.
QString formulaText(const FormatRow& row);

}  // namespace app
