#pragma once
#include <optional>

#include <CLI/CLI.hpp>

#include "core/io/split_plan.h"
#include "core/quant/pack/folder_layout.h"

namespace app::cli {

/// Adds --split-max-size and --split-max-tensors. What is said goes into `split`, which lives as long as the command.
void addSplit(CLI::App& command, core::io::SplitLimits& split);
/// Adds --layout, likewise.
void addLayout(CLI::App& command, std::optional<core::quant::FolderLayout>& layout);

}  // namespace app::cli
