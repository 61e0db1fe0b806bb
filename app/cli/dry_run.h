#pragma once
#include <optional>
#include <string>

#include "app/cli/command.h"
#include "app/session/quantize_target.h"

namespace app::cli {

/// What quantize would do.
struct DryRun {
  const core::io::Checkpoint& source;
  const core::model::Recipe& recipe;
  QuantizationPlan plan;
  core::io::SplitLimits split;
  std::optional<std::string> target;  ///< the file, where one was named
};

/// Prints what a recipe would make of a model: per tensor its type, the rule that chose it, its fallback, bytes and
/// bits per weight; then totals, the parts, and rules that decided nothing.
/// @throws core::Error (InvalidArgument) where the model cannot be written in these parts
void printDryRun(const DryRun& what, Output output);

}  // namespace app::cli
