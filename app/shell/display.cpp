#include "app/shell/display.h"

#include <QByteArray>
#include <QString>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace app {

namespace {

constexpr int kCouldNot = 1;

[[noreturn]] void endWithout(const char* what) {
  std::fprintf(stderr,
               "quantscope: %s; the window needs a display, but quantscope report MODEL -o DIR and quantscope-cli do "
               "not.\n",
               what);
  std::_Exit(kCouldNot);
}

/// Qt says with several warnings and an abort that it found no display; this says it once.
void onMessage(QtMsgType type, const QMessageLogContext& context, const QString& message) {
  if (type == QtFatalMsg) endWithout("The display cannot be used");
  const std::string_view category = context.category == nullptr ? "" : context.category;
  if (!category.starts_with("qt.qpa")) std::fprintf(stderr, "%s\n", qUtf8Printable(message));
}

bool choosesPlatform(int argc, char** argv) {
  if (!qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) return true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "-platform" || word == "--platform" || word == "-display" || word == "--display" ||
        word.starts_with("-platform=") || word.starts_with("--platform="))
      return true;
  }
  return false;
}

}  // namespace

DisplayGuard::DisplayGuard(int argc, char** argv) {
  const bool hasDisplay = !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
  if (!hasDisplay && !choosesPlatform(argc, argv)) endWithout("There is no display");
  qInstallMessageHandler(onMessage);
}

DisplayGuard::~DisplayGuard() { qInstallMessageHandler(nullptr); }

}  // namespace app
