#include "app/widgets/window_style.h"

#include <QFile>
#include <QRegularExpression>
#include <QWidget>
#include <utility>

#include "app/widgets/theme.h"

namespace app {
namespace {

/// Every length of two pixels or more multiplied; hairlines stay.
QString withLengths(const QString& text, double zoom) {
  static const QRegularExpression kLength(QStringLiteral("(\\d+)px"));
  QString scaled;
  qsizetype done = 0;
  for (auto it = kLength.globalMatch(text); it.hasNext();) {
    const QRegularExpressionMatch match = it.next();
    const int length = match.captured(1).toInt();
    scaled += text.mid(done, match.capturedStart() - done) +
              QString::number(length < 2 ? length : qRound(length * zoom)) + QLatin1String("px");
    done = match.capturedEnd();
  }
  return scaled + text.mid(done);
}

/// The style sheet names colours as @role; the theme fills them in.
QString styleSheet(const ThemeColors& c, double zoom) {
  QFile file(QStringLiteral(":/themes/quantscope.qss"));
  if (!file.open(QIODevice::ReadOnly)) return {};
  QString text = QString::fromUtf8(file.readAll());
  const std::pair<const char*, QColor> roles[] = {{"@accentHover", c.accentHover},
                                                  {"@accentSoft", c.accentSoft},
                                                  {"@accentText", c.accentText},
                                                  {"@accent", c.accent},
                                                  {"@borderStrong", c.borderStrong},
                                                  {"@border", c.border},
                                                  {"@window", c.window},
                                                  {"@surface", c.surface},
                                                  {"@raised", c.raised},
                                                  {"@sunken", c.sunken},
                                                  {"@textMuted", c.textMuted},
                                                  {"@textFaint", c.textFaint},
                                                  {"@text", c.text},
                                                  {"@hover", c.hover},
                                                  {"@pressed", c.pressed},
                                                  {"@selection", c.selection},
                                                  {"@errorSoft", c.errorSoft},
                                                  {"@error", c.error}};
  text.replace(QLatin1String("@ground"), QLatin1String(c.dark ? "dark" : "light"));
  for (const auto& [name, color] : roles) text.replace(QLatin1String(name), color.name());
  return zoom == 1 ? text : withLengths(text, zoom);
}

}  // namespace

void dressWindow(QWidget& window) {
  const auto apply = [&window] {
    const Theme& theme = Theme::instance();
    window.setStyleSheet(styleSheet(theme.colors(), theme.zoom() / 100.0));
  };
  apply();
  QObject::connect(&Theme::instance(), &Theme::changed, &window, apply);
}

}  // namespace app
