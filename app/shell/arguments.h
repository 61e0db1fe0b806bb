#pragma once
#include <QString>
#include <QStringList>
#include <optional>

#include "app/selection/link.h"
#include "app/widgets/theme.h"

namespace app {

/// What the command line of the window asks for.
struct WindowOptions {
  QString model, workspace, screenshots;
  std::optional<Link> link;
  std::optional<ThemeMode> theme;
};

/// Reads the arguments without a display: help and version are printed, what is wrong is said on standard error.
/// Qt's own options (-platform, -style …) pass by. @pre a QCoreApplication exists, of whatever kind
/// @return nothing when the program should go on with `options`, otherwise its exit code
std::optional<int> readArguments(const QStringList& arguments, WindowOptions& options);

}  // namespace app
