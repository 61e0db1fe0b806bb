#pragma once
#include <QColor>
#include <QRectF>
#include <QString>

#include "app/pictures/bit_layout.h"

class QPainter;

namespace app {

/// Colour, letter and name of a field; the same everywhere. Never colour alone: the underline differs too.
QColor fieldColor(BitField field);
QString fieldLetter(BitField field);
QString fieldName(BitField field);
/// What a bit's cell says beside its value.
enum class CellMark {
  None,
  Hovered,
  Cut,     ///< does not survive: hatched
  Changed  ///< differs from what it is compared with: framed
};
/// One bit: filled where it is set, its digit inside.
void paintBitCell(QPainter& painter, const QRectF& cell, const QColor& color, bool set, CellMark mark);
/// The field's second mark: sign solid, exponent double, mantissa dotted, codes dashed.
void paintFieldMark(QPainter& painter, BitField field, double left, double right, double y);

}  // namespace app
