#include "app/workspaces/bits/guard_bits.h"

#include <QPainter>

#include "app/widgets/theme.h"

namespace app {

GuardBits::GuardBits(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setAccessibleName(tr("Rounding bits"));
}

void GuardBits::setDecision(const core::numeric::RoundingDecision& decision) {
  m_decision = decision;
  setVisible(decision.hasBits);
  setAccessibleDescription(
      tr("guard %1, round %2, sticky %3").arg(decision.guard).arg(decision.round).arg(decision.sticky));
  update();
}

void GuardBits::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const struct {
    QString name;
    bool set;
    bool kept;
  } cells[] = {{tr("last kept"), m_decision.lastBitOdd, true},
               {tr("guard"), m_decision.guard, false},
               {tr("round"), m_decision.round, false},
               {tr("sticky"), m_decision.sticky, false}};
  double x = 0;
  for (const auto& cell : cells) {
    const QColor color = cell.kept ? c.mantissa : c.warning;
    const QRectF box(x + 14, 0, 26, 24);
    painter.setPen(QPen(color, 1.2, cell.kept ? Qt::SolidLine : Qt::DashLine));
    painter.setBrush(cell.set ? mix(color, c.surface, c.dark ? 0.65 : 0.8) : QColor(Qt::transparent));
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.setFont(theme.monoFont(0, QFont::DemiBold));
    painter.setPen(c.text);
    painter.drawText(box, Qt::AlignCenter, cell.set ? QStringLiteral("1") : QStringLiteral("0"));
    painter.setFont(theme.textFont(-2));
    painter.setPen(c.textFaint);
    painter.drawText(QRectF(x, 26, 54, 18), Qt::AlignCenter, cell.name);
    x += 56;
    if (!cell.kept) continue;
    painter.setPen(QPen(c.borderStrong, 1.4));
    painter.drawLine(QPointF(x, 0), QPointF(x, 24));  // where the format ends
    x += 2;
  }
}

}  // namespace app
