#include "app/widgets/raised.h"

#include <QPainter>
#include <QWidget>

#include "app/widgets/theme.h"

namespace app {

void paintRaised(QWidget& panel, int radius) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(&panel);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(c.borderStrong);
  painter.setBrush(c.raised);
  painter.drawRoundedRect(QRectF(panel.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}

}  // namespace app
