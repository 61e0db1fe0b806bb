#pragma once
#include "app/cli/command.h"

namespace app::cli {

/// Prints what a recipe would make of a model: per tensor its type, the rule that chose it, its fallback, bytes and
/// bits per weight; then totals, and rules that decided nothing.
void printDryRun(const core::io::Checkpoint& source, const core::model::Recipe& recipe, const QuantizationPlan& plan,
                 Output output);

}  // namespace app::cli
