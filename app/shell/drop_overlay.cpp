#include "app/shell/drop_overlay.h"

#include <QPainter>

#include "app/widgets/icon.h"
#include "app/widgets/theme.h"

namespace app {

DropOverlay::DropOverlay(QWidget* window) : QWidget(window) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  hide();
}

void DropOverlay::showFor(const QString& name) {
  m_name = name;
  setGeometry(parentWidget()->rect());
  show();
  raise();
}

void DropOverlay::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QColor veil = c.window;
  veil.setAlphaF(0.86F);
  painter.fillRect(rect(), veil);
  QPen pen(c.accent, 2);
  pen.setDashPattern({5, 4});
  painter.setPen(pen);
  painter.drawRoundedRect(QRectF(rect()).adjusted(20, 20, -20, -20), 14, 14);
  paintIcon(painter, QStringLiteral("open-file"), QRectF(width() / 2.0 - 24, height() / 2.0 - 60, 48, 48), c.accent);
  painter.setPen(c.text);
  painter.setFont(theme.textFont(5, QFont::DemiBold));
  painter.drawText(rect().adjusted(40, 30, -40, 0), Qt::AlignCenter, tr("Let go to open %1").arg(m_name));
}

}  // namespace app
