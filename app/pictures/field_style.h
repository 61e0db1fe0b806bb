#pragma once
#include <QColor>
#include <QString>

#include "app/pictures/bit_layout.h"

class QPainter;

namespace app {

/// Colour, letter and name of a field; the same everywhere. Never colour alone: the underline differs too.
QColor fieldColor(BitField field);
QString fieldLetter(BitField field);
QString fieldName(BitField field);
/// The field's second mark: sign solid, exponent double, mantissa dotted, codes dashed.
void paintFieldMark(QPainter& painter, BitField field, double left, double right, double y);

}  // namespace app
