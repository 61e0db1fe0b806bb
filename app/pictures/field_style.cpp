#include "app/pictures/field_style.h"

#include <QCoreApplication>
#include <QPainter>

#include "app/widgets/theme.h"

namespace app {

QColor fieldColor(BitField field) {
  const ThemeColors& c = Theme::instance().colors();
  switch (field) {
    case BitField::Sign:
      return c.sign;
    case BitField::Exponent:
      return c.exponent;
    case BitField::Mantissa:
      return c.mantissa;
    case BitField::Index:
    case BitField::Integer:
      return c.textMuted;
  }
  return c.text;
}

QString fieldLetter(BitField field) {
  switch (field) {
    case BitField::Sign:
      return QStringLiteral("S");
    case BitField::Exponent:
      return QStringLiteral("E");
    case BitField::Mantissa:
      return QStringLiteral("M");
    case BitField::Index:
      return QStringLiteral("I");
    case BitField::Integer:
      return QStringLiteral("Q");
  }
  return {};
}

QString fieldName(BitField field) {
  switch (field) {
    case BitField::Sign:
      return QCoreApplication::translate("bits", "sign");
    case BitField::Exponent:
      return QCoreApplication::translate("bits", "exponent");
    case BitField::Mantissa:
      return QCoreApplication::translate("bits", "mantissa");
    case BitField::Index:
      return QCoreApplication::translate("bits", "index into the code book");
    case BitField::Integer:
      return QCoreApplication::translate("bits", "integer");
  }
  return {};
}

void paintBitCell(QPainter& painter, const QRectF& cell, const QColor& color, bool set, CellMark mark) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  const bool cut = mark == CellMark::Cut;
  const QColor full = set ? mix(color, c.surface, c.dark ? 0.25 : 0.0) : mix(c.surface, color, c.dark ? 0.14 : 0.09);
  const QColor ground = cut ? mix(c.surface, full, 0.22) : full;
  painter.setPen(mark == CellMark::Hovered ? QPen(c.text, 1.2)
                                           : QPen(set && !cut ? ground : mix(c.surface, color, 0.35), 1));
  painter.setBrush(ground);
  painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
  if (cut) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(QBrush(mix(c.surface, color, 0.4), Qt::BDiagPattern));
    painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 3, 3);
  }
  painter.setFont(theme.monoFont(cell.width() < 11 ? -2.5 : -1, set ? QFont::DemiBold : QFont::Normal));
  painter.setPen(cut ? c.textMuted : set ? (c.dark ? c.sunken : QColor(Qt::white)) : mix(color, c.text, 0.15));
  painter.drawText(cell, Qt::AlignCenter, set ? QStringLiteral("1") : QStringLiteral("0"));
  if (mark == CellMark::Changed) {
    painter.setPen(QPen(c.text, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(cell, 4, 4);
  }
}

void paintFieldMark(QPainter& painter, BitField field, double left, double right, double y) {
  QPen pen(fieldColor(field), 1.6);
  pen.setCapStyle(Qt::FlatCap);
  if (field == BitField::Mantissa) pen.setDashPattern({1.2, 1.6});
  if (field == BitField::Index || field == BitField::Integer) pen.setDashPattern({4, 2});
  painter.setPen(pen);
  painter.drawLine(QPointF(left, y), QPointF(right, y));
  if (field == BitField::Exponent) painter.drawLine(QPointF(left, y - 3), QPointF(right, y - 3));
}

}  // namespace app
