#include "app/workspaces/start/feature_tile.h"

#include <QPainter>

#include "app/widgets/icon.h"
#include "app/widgets/theme.h"

namespace app {

FeatureTile::FeatureTile(const QString& iconName, const QString& title, const QString& line, QWidget* parent)
    : QAbstractButton(parent), m_iconName(iconName), m_line(line) {
  setText(title);
  setAccessibleName(title);
  setAccessibleDescription(line);
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_Hover);
  setCursor(Qt::PointingHandCursor);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

QSize FeatureTile::sizeHint() const { return {180, 3 * fontMetrics().height() + 44}; }

void FeatureTile::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF tile = QRectF(rect()).adjusted(1, 1, -1, -1);
  painter.setPen(hasFocus() ? QPen(c.accent, 2) : QPen(underMouse() ? c.borderStrong : c.border, 1));
  painter.setBrush(isDown() ? c.pressed : c.surface);
  painter.drawRoundedRect(tile, space::kRadius, space::kRadius);
  paintIcon(painter, m_iconName, QRectF(16, 14, 24, 24), c.accent);
  painter.setPen(c.text);
  painter.setFont(theme.textFont(0.5, QFont::DemiBold));
  const double line = painter.fontMetrics().height();
  painter.drawText(QRectF(48, 14, width() - 60.0, 24), Qt::AlignVCenter, text());
  painter.setFont(theme.textFont(-0.5));
  painter.setPen(c.textMuted);
  painter.drawText(QRectF(16, 22 + line + 4, width() - 30.0, height() - 30 - line),
                   static_cast<int>(Qt::AlignLeft | Qt::AlignTop) | Qt::TextWordWrap, m_line);
}

}  // namespace app
