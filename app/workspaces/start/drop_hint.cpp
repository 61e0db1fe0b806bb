#include "app/workspaces/start/drop_hint.h"

#include <QPainter>

#include "app/widgets/icon.h"
#include "app/widgets/theme.h"

namespace app {

DropHint::DropHint(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("Models can be dropped on this window"));
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

QSize DropHint::sizeHint() const { return {240, 84}; }

void DropHint::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QPen pen(c.borderStrong, 1.4);
  pen.setDashPattern({4, 3});
  painter.setPen(pen);
  painter.drawRoundedRect(QRectF(rect()).adjusted(8, 2, -8, -8), space::kRadius, space::kRadius);
  const double middle = (height() - 6) / 2.0;
  painter.setFont(theme.textFont());
  const QString words = tr("Drop a GGUF or safetensors file, or a folder");
  const QString shown = painter.fontMetrics().elidedText(words, Qt::ElideRight, width() - 72);
  const double wide = painter.fontMetrics().horizontalAdvance(shown) + 34, left = (width() - wide) / 2;
  paintIcon(painter, QStringLiteral("open-file"), QRectF(left, middle - 12, 24, 24), c.textFaint);
  painter.setPen(c.textMuted);
  painter.drawText(QRectF(left + 34, 0, wide, height() - 6), Qt::AlignLeft | Qt::AlignVCenter, shown);
}

}  // namespace app
