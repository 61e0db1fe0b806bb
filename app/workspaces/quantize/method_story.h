#pragma once
#include <QString>

#include "core/quant/explain/method_explanation.h"

namespace app {

/// What happened to the column of a line (column_table), with its numbers.
QString lineSentence(const core::quant::MethodExplanation& explanation, std::size_t line);
/// What the method found for the whole row.
QString storySentence(const core::quant::MethodExplanation& explanation);

}  // namespace app
