#pragma once
#include <QString>

namespace app {

/// Opens a model (the demo when empty), walks through the start page, every workspace and the command palette at
/// 1024 × 640, 1280 × 800 and 1920 × 1080 in light and dark (with QT_SCALE_FACTOR=2 at 1280 × 800 only), waits each
/// time until no job runs, and writes PNGs named workspace-size-theme.png into a folder; then the same, with names that
/// begin with "deep-", for a model of sixty layers under eight schemes.
/// @return 0, or 1 with one sentence on stderr
int takeScreenshots(const QString& folder, const QString& model);

}  // namespace app
