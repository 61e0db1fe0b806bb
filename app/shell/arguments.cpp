#include "app/shell/arguments.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <cstdio>

#include "app/text/tr.h"
#include "app/workspaces/workspace.h"
#include "core/io/text_checks.h"

namespace app {

using text::tr;

namespace {

constexpr int kWrongUsage = 2;

int complain(const QString& sentence) {
  std::fprintf(stderr, "quantscope: %s\n", core::io::printable(sentence.toStdString()).c_str());
  return kWrongUsage;
}

int print(const QString& text) {
  std::fputs(qUtf8Printable(text), stdout);
  return 0;
}

/// QGuiApplication takes these itself, with one dash or two, before anybody else sees the arguments.
QStringList withoutQtOptions(const QStringList& arguments) {
  static const QStringList kWithValue = {"platform",        "platformpluginpath",
                                         "platformtheme",   "plugin",
                                         "qwindowgeometry", "geometry",
                                         "qwindowicon",     "icon",
                                         "qwindowtitle",    "title",
                                         "display",         "style",
                                         "stylesheet",      "session",
                                         "fontengine",      "dialogs"};
  static const QStringList kAlone = {"reverse", "nograb", "dograb", "sync", "widgetcount"};
  QStringList rest;
  for (qsizetype i = 0; i < arguments.size(); ++i) {
    QString name = arguments[i];
    if (name == QLatin1String("--")) return rest + arguments.mid(i);
    if (name.startsWith(u'-')) name.remove(0, name.startsWith(QLatin1String("--")) ? 2 : 1);
    const bool isOption = name.size() < arguments[i].size();
    if (isOption && kWithValue.contains(name))
      ++i;
    else if (!isOption || (!kAlone.contains(name) && !kWithValue.contains(name.section(u'=', 0, 0))))
      rest << arguments[i];
  }
  return rest;
}

std::optional<ThemeMode> themeNamed(const QString& name) {
  if (name == QLatin1String("light")) return ThemeMode::Light;
  if (name == QLatin1String("dark")) return ThemeMode::Dark;
  if (name == QLatin1String("desktop")) return ThemeMode::FollowDesktop;
  return std::nullopt;
}

}  // namespace

std::optional<int> readArguments(const QStringList& arguments, WindowOptions& options) {
  QCommandLineParser parser;
  parser.setApplicationDescription(
      tr("Explore the quantization of neural networks.\n\n"
         "quantscope report MODEL -o DIR writes a report, without a display;\n"
         "quantscope report --help says more."));
  const QCommandLineOption help = parser.addHelpOption(), version = parser.addVersionOption();
  parser.addPositionalArgument(QStringLiteral("MODEL"),
                               tr("A model file, a folder, or demo; a link "
                                  "(quantscope://bits/fp32/0x3eeaf790) may stand with it."),
                               QStringLiteral("[MODEL] [LINK]"));
  const QCommandLineOption workspace(QStringLiteral("workspace"), tr("Show this workspace."), QStringLiteral("ID"));
  const QCommandLineOption theme(QStringLiteral("theme"), tr("light, dark or desktop."), QStringLiteral("THEME"));
  const QCommandLineOption screenshots(QStringLiteral("screenshots"),
                                       tr("Walk through all workspaces and write pictures."), QStringLiteral("DIR"));
  parser.addOptions({workspace, theme, screenshots});
  if (!parser.parse(withoutQtOptions(arguments))) return complain(parser.errorText() + u'.');
  if (parser.isSet(version)) return print(QStringLiteral("quantscope " QS_VERSION "\n"));
  if (parser.isSet(help) || parser.isSet(QStringLiteral("help-all"))) return print(parser.helpText());
  QStringList words = parser.positionalArguments();
  for (const QString& word : words) {
    if (!Link::isLink(word)) continue;
    options.link = Link::parse(word);
    if (!options.link) return complain(tr("\"%1\" is no link into Quantscope.").arg(word.left(200)));
    if (!findWorkspace(options.link->workspace))
      return complain(tr("There is no workspace \"%1\".").arg(options.link->workspace.left(200)));
    words.removeOne(word);
    break;
  }
  if (words.size() > 1)
    return complain(QCoreApplication::translate("main", "One model is expected, %n were given.", nullptr,
                                                static_cast<int>(words.size())));
  options.model = words.value(0);
  options.workspace = parser.value(workspace);
  options.screenshots = parser.value(screenshots);
  options.theme = themeNamed(parser.value(theme));
  if (parser.isSet(theme) && !options.theme)
    return complain(tr("The theme is light, dark or desktop, not \"%1\".").arg(parser.value(theme)));
  if (!options.workspace.isEmpty() && !findWorkspace(options.workspace))
    return complain(tr("There is no workspace \"%1\".").arg(options.workspace));
  return std::nullopt;
}

}  // namespace app
