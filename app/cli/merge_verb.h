#pragma once
#include <CLI/CLI.hpp>

namespace app::cli {

/// Declares `train merge`: an adapter put into the weights for good, and what that loses.
void addMerge(CLI::App& train);

}  // namespace app::cli
