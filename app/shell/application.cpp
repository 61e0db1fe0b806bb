#include "app/shell/application.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <cstdio>

#include "app/report/report_command.h"
#include "app/shell/main_window.h"
#include "app/shell/screenshots.h"
#include "core/io/text_checks.h"

namespace app {
namespace {

struct Options {
  QString model, workspace, screenshots;
  ThemeMode theme = ThemeMode::FollowDesktop;
  bool themeGiven = false;
};

int complain(const QString& sentence) {
  std::fprintf(stderr, "quantscope: %s\n", core::io::printable(sentence.toStdString()).c_str());
  return 2;
}

/// @return 0 and the options, or the exit code of wrong usage
int parse(const QStringList& arguments, Options& options) {
  QCommandLineParser parser;
  parser.setApplicationDescription(QCoreApplication::translate("main", "Explore the quantization of neural networks."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument(QStringLiteral("MODEL"),
                               QCoreApplication::translate("main", "A model file, a folder, or demo."),
                               QStringLiteral("[MODEL]"));
  const QCommandLineOption workspace(QStringLiteral("workspace"),
                                     QCoreApplication::translate("main", "Show this workspace."), QStringLiteral("ID"));
  const QCommandLineOption theme(
      QStringLiteral("theme"), QCoreApplication::translate("main", "light, dark or desktop."), QStringLiteral("THEME"));
  const QCommandLineOption screenshots(
      QStringLiteral("screenshots"),
      QCoreApplication::translate("main", "Walk through all workspaces and write pictures."), QStringLiteral("DIR"));
  parser.addOptions({workspace, theme, screenshots});
  parser.process(arguments);
  if (parser.positionalArguments().size() > 1)
    return complain(QCoreApplication::translate("main", "One model is expected, %n were given.", nullptr,
                                                static_cast<int>(parser.positionalArguments().size())));
  options.model = parser.positionalArguments().value(0);
  options.workspace = parser.value(workspace);
  options.screenshots = parser.value(screenshots);
  options.themeGiven = parser.isSet(theme);
  const QString wanted = parser.value(theme);
  if (options.themeGiven && wanted != QLatin1String("light") && wanted != QLatin1String("dark") &&
      wanted != QLatin1String("desktop"))
    return complain(
        QCoreApplication::translate("main", "The theme is light, dark or desktop, not \"%1\".").arg(wanted));
  options.theme = wanted == QLatin1String("light")  ? ThemeMode::Light
                  : wanted == QLatin1String("dark") ? ThemeMode::Dark
                                                    : ThemeMode::FollowDesktop;
  if (!options.workspace.isEmpty() && !findWorkspace(options.workspace))
    return complain(QCoreApplication::translate("main", "There is no workspace \"%1\".").arg(options.workspace));
  return 0;
}

}  // namespace

int runApplication(int argc, char** argv) {
  QCoreApplication::setApplicationName(QStringLiteral("quantscope"));
  QCoreApplication::setOrganizationName(QStringLiteral("quantscope"));
  QCoreApplication::setApplicationVersion(QStringLiteral(QS_VERSION));
  QSettings::setDefaultFormat(QSettings::IniFormat);
  if (report::isReportCommand(argc, argv)) return report::runReport(argc, argv);
  QApplication application(argc, argv);
  Options options;
  if (const int code = parse(QCoreApplication::arguments(), options); code != 0) return code;
  Theme& theme = Theme::instance();
  theme.install();
  const auto saved =
      static_cast<ThemeMode>(std::clamp(QSettings().value(QStringLiteral("window/theme"), 0).toInt(), 0, 2));
  theme.setMode(options.themeGiven ? options.theme : saved);
  if (!options.screenshots.isEmpty()) return takeScreenshots(options.screenshots, options.model);
  MainWindow window;
  window.restoreState();
  if (!options.model.isEmpty()) window.openModel(options.model);
  if (!options.workspace.isEmpty()) window.showWorkspace(options.workspace);
  window.show();
  return QApplication::exec();
}

}  // namespace app
