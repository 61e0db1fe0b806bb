#pragma once
#include "app/cli/command.h"
#include "core/quant/explain/method_explanation.h"

namespace app::cli {

/// What a method did to the row of an explained block, column by column. Of what GPTQ pushes on, JSON has the next 32
/// columns.
Json columnsJson(const core::quant::MethodExplanation& explanation);
/// The same for a terminal: the columns from `first` on, as many as are shown.
void printColumns(const core::quant::MethodExplanation& explanation, std::size_t first);

}  // namespace app::cli
