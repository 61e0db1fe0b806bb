#pragma once
#include <QString>

namespace app {

/// Opens a model (the demo when empty), walks through the start page and every workspace at 1280 × 800 and 1920 × 1080
/// in light and dark and in the smallest window, waits each time until no job runs, and writes PNGs named
/// workspace-size-theme.png into a folder.
/// @return 0, or 1 with one sentence on stderr
int takeScreenshots(const QString& folder, const QString& model);

}  // namespace app
