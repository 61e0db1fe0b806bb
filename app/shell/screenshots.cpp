#include "app/shell/screenshots.h"

#include <QApplication>
#include <QBuffer>
#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QThread>
#include <cstdio>

#include "app/shell/main_window.h"
#include "app/widgets/save_file.h"

namespace app {
namespace {

constexpr qint64 kPatienceMs = 120'000;

/// Runs the event loop until nothing is computed and everything is painted, or patience ends.
bool settle(MainWindow& window) {
  QElapsedTimer clock;
  clock.start();
  int quiet = 0;
  while (quiet < 12 && clock.elapsed() < kPatienceMs) {
    QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    QThread::msleep(10);
    quiet = window.jobs().isIdle() ? quiet + 1 : 0;
  }
  return quiet >= 12;
}

bool save(MainWindow& window, const QDir& folder, const QString& name) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  window.grab().save(&buffer, "PNG");
  const QString problem = saveFile(folder.filePath(name), bytes);
  if (!problem.isEmpty()) std::fprintf(stderr, "quantscope: %s\n", qPrintable(problem));
  return problem.isEmpty();
}

bool photographAll(MainWindow& window, const QDir& folder, const QString& suffix) {
  QStringList pages{QStringLiteral("start")};
  for (const WorkspaceEntry& entry : workspaceEntries()) pages << QLatin1String(entry.id);
  for (const QString& id : pages) {
    window.showWorkspace(id);
    settle(window);
    if (Workspace* workspace = window.currentWorkspace()) workspace->showExample();
    if (!settle(window))
      std::fprintf(stderr, "quantscope: %s was still computing after two minutes.\n", qPrintable(id));
    if (!save(window, folder, id + suffix)) return false;
  }
  return true;
}

}  // namespace

int takeScreenshots(const QString& folderName, const QString& model) {
  const QDir folder(folderName);
  if (!QDir().mkpath(folderName)) {
    std::fprintf(stderr, "quantscope: The folder %s could not be made.\n", qPrintable(folderName));
    return 1;
  }
  MainWindow window;
  window.show();
  window.openModel(model.isEmpty() ? QStringLiteral("demo") : model);
  settle(window);
  if (!window.selection().model()) {
    std::fprintf(stderr, "quantscope: %s\n", qPrintable(window.errorText()));
    return 1;
  }
  // The smallest window: nothing may be cut off.
  Theme::instance().setMode(ThemeMode::Light);
  window.resize(window.minimumSize());
  if (!photographAll(window, folder, QStringLiteral("-smallest-light.png"))) return 1;
  const std::pair<ThemeMode, const char*> themes[] = {{ThemeMode::Light, "light"}, {ThemeMode::Dark, "dark"}};
  for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)}) {
    for (const auto& [mode, name] : themes) {
      Theme::instance().setMode(mode);
      window.resize(size);
      const QString suffix =
          QStringLiteral("-%1x%2-%3.png").arg(size.width()).arg(size.height()).arg(QLatin1String(name));
      if (!photographAll(window, folder, suffix)) return 1;
      window.openCommandPalette();
      settle(window);
      if (!save(window, folder, QStringLiteral("palette") + suffix)) return 1;
      window.closeCommandPalette();
    }
  }
  return 0;
}

}  // namespace app
