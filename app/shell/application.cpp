#include "app/shell/application.h"

#include <QApplication>
#include <QSettings>
#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "app/report/report_command.h"
#include "app/shell/arguments.h"
#include "app/shell/display.h"
#include "app/shell/main_window.h"
#include "app/shell/screenshots.h"

namespace app {
namespace {

/// @return nothing when a window is wanted, otherwise the exit code
std::optional<int> readWithoutDisplay(int argc, char** argv, WindowOptions& options) {
  std::vector<char*> words(argv, argv + argc);
  words.push_back(nullptr);
  const QCoreApplication reader(argc, words.data());
  return readArguments(QCoreApplication::arguments(), options);
}

}  // namespace

int runApplication(int argc, char** argv) {
  QCoreApplication::setApplicationName(QStringLiteral("quantscope"));
  QCoreApplication::setOrganizationName(QStringLiteral("quantscope"));
  QCoreApplication::setApplicationVersion(QStringLiteral(QS_VERSION));
  QSettings::setDefaultFormat(QSettings::IniFormat);
  if (report::isReportCommand(argc, argv)) return report::runReport(argc, argv);
  WindowOptions options;
  if (const auto code = readWithoutDisplay(argc, argv, options)) return *code;
  auto guard = std::make_unique<DisplayGuard>(argc, argv);
  const QApplication application(argc, argv);
  guard.reset();
  Theme& theme = Theme::instance();
  theme.install();
  const auto saved =
      static_cast<ThemeMode>(std::clamp(QSettings().value(QStringLiteral("window/theme"), 0).toInt(), 0, 2));
  theme.setMode(options.theme.value_or(saved));
  theme.setZoom(QSettings().value(QStringLiteral("window/zoom"), 100).toInt());
  if (!options.screenshots.isEmpty()) return takeScreenshots(options.screenshots, options.model);
  MainWindow window;
  window.restoreState();
  if (!options.model.isEmpty()) window.openModel(options.model);
  if (options.link) window.openLink(*options.link);
  if (!options.workspace.isEmpty()) window.showWorkspace(options.workspace);
  window.show();
  return QApplication::exec();
}

}  // namespace app
