#include "app/workspaces/bits/guard_bits.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr double kSeparator = 4, kNameFontStep = -2;

/// In pixels under the zoom.
double boxSize() { return Theme::instance().px(25); }
double smallestCell() { return Theme::instance().px(54); }
}  // namespace

GuardBits::GuardBits(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setAccessibleName(tr("Rounding bits"));
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

QStringList GuardBits::names() { return {tr("last kept"), tr("guard"), tr("round"), tr("sticky")}; }

double GuardBits::cellWidth() {
  const QFontMetricsF metrics(Theme::instance().textFont(kNameFontStep));
  double width = smallestCell();
  for (const QString& name : names()) width = std::max(width, metrics.horizontalAdvance(name) + 8);
  return width;
}

QSize GuardBits::sizeHint() const {
  const QFontMetricsF metrics(Theme::instance().textFont(kNameFontStep));
  return {static_cast<int>(std::ceil(4 * cellWidth() + kSeparator)),
          static_cast<int>(std::ceil(boxSize() + 3 + metrics.height()))};
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
    bool set;
    bool kept;
  } cells[] = {
      {m_decision.lastBitOdd, true}, {m_decision.guard, false}, {m_decision.round, false}, {m_decision.sticky, false}};
  const QStringList texts = names();
  const double width = cellWidth(), height = boxSize();
  double x = 0;
  qsizetype index = 0;
  for (const auto& cell : cells) {
    const QColor color = cell.kept ? c.mantissa : c.warning;
    const QRectF box(x + (width - height) / 2, 0, height, height);
    painter.setPen(QPen(color, 1.2, cell.kept ? Qt::SolidLine : Qt::DashLine));
    painter.setBrush(cell.set ? mix(color, c.surface, c.dark ? 0.65 : 0.8) : QColor(Qt::transparent));
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.setFont(theme.monoFont(0, QFont::DemiBold));
    painter.setPen(c.text);
    painter.drawText(box, Qt::AlignCenter, cell.set ? QStringLiteral("1") : QStringLiteral("0"));
    painter.setFont(theme.textFont(kNameFontStep));
    painter.setPen(c.textFaint);
    painter.drawText(QRectF(x, height + 2, width, this->height() - height - 2), Qt::AlignHCenter | Qt::AlignTop,
                     texts[index++]);
    x += width;
    if (!cell.kept) continue;
    painter.setPen(QPen(c.borderStrong, 1.4));
    painter.drawLine(QPointF(x + kSeparator / 2, 0), QPointF(x + kSeparator / 2, height));  // the format ends here
    x += kSeparator;
  }
}

}  // namespace app
