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
  std::optional<std::string> target;  ///< the file or folder, where one was named
  std::optional<core::quant::FolderLayout> layout;
};

/// Prints what a recipe would make of a model: per tensor its type, the rule that chose it, its fallback, bytes and
/// bits per weight; then totals, the parts, and rules that decided nothing.
/// Where a target was named, or a layout, as it will be stored there, and why it cannot.
/// @throws core::Error (InvalidArgument, Unsupported) where the model cannot be written so
void printDryRun(DryRun what, Output output);

}  // namespace app::cli
