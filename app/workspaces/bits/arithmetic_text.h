#pragma once
#include <QString>

#include "app/selection/bits_state.h"

namespace app {

/// The typed arithmetic as a row's format computes it.
core::numeric::Evaluation computedIn(const BitsState& state, const FormatRow& row);
/// A code's shortest text, with typographic signs: "0.1", "−∞", "NaN".
QString storedText(const FormatRow& row, std::uint64_t code);
/// A step with the numbers that are stored: "0.1 + 0.2".
QString operationText(const FormatRow& row, const core::numeric::EvaluationStep& step);
/// What the selected format computes against the exact result: "FP64 computes 0.30000000000000004, step by step; …",
/// and what it answers to a division by zero, an operation without a result, an overflow. Empty when the number is no
/// arithmetic.
QString arithmeticSentence(const BitsState& state);

}  // namespace app
