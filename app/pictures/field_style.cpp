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
