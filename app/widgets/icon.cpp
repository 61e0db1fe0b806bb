#include "app/widgets/icon.h"

#include <QFile>
#include <QHash>
#include <QIconEngine>
#include <QPixmap>
#include <QSvgRenderer>

#include "app/widgets/theme.h"

namespace app {
namespace {

QByteArray source(const QString& name) {
  static QHash<QString, QByteArray> cache;
  const auto found = cache.constFind(name);
  if (found != cache.constEnd()) return *found;
  QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
  const QByteArray bytes = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  cache.insert(name, bytes);
  return bytes;
}

class ThemedIconEngine final : public QIconEngine {
 public:
  explicit ThemedIconEngine(QString name) : m_name(std::move(name)) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    const ThemeColors& colors = Theme::instance().colors();
    QColor color = colors.textMuted;
    if (mode == QIcon::Disabled)
      color = mix(colors.textFaint, colors.window, 0.4);
    else if (state == QIcon::On || mode == QIcon::Selected)
      color = colors.accent;
    else if (mode == QIcon::Active)
      color = colors.text;
    paintIcon(*painter, m_name, rect, color);
  }

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap result(size);
    result.fill(Qt::transparent);
    QPainter painter(&result);
    paint(&painter, QRect(QPoint(), size), mode, state);
    return result;
  }

  QIconEngine* clone() const override { return new ThemedIconEngine(m_name); }

 private:
  QString m_name;
};

}  // namespace

QIcon icon(const QString& name) { return QIcon(new ThemedIconEngine(name)); }

void paintIcon(QPainter& painter, const QString& name, const QRectF& rect, const QColor& color) {
  QByteArray svg = source(name);
  svg.replace("currentColor", color.name().toLatin1());
  QSvgRenderer renderer(svg);
  renderer.setAspectRatioMode(Qt::KeepAspectRatio);
  renderer.render(&painter, rect);
}

}  // namespace app
