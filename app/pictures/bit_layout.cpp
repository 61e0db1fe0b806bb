#include "app/pictures/bit_layout.h"

#include <algorithm>

#include "app/widgets/theme.h"
#include "app/widgets/zoomed_length.h"

namespace app {
namespace {

using core::numeric::FormatKind;
using core::numeric::NumberFormat;

constexpr double kFieldGap = 9, kRowPadding = 5, kSmallestLine = 18, kHeader = 22;

int lines(const NumberFormat& format, const BitColumns& columns) {
  const int mantissa = static_cast<int>(format.mantissaBits);
  return std::max(1, (mantissa + columns.mantissa - 1) / columns.mantissa);
}

double fixedWidth(const BitColumns& columns) {
  return columns.titleWidth + columns.valueWidth + columns.errorWidth + 2 * kFieldGap + 24;
}

}  // namespace

BitField fieldOf(const NumberFormat& format, int bit) {
  if (format.kind == FormatKind::CodeBook) return BitField::Index;
  if (format.isInteger()) return BitField::Integer;
  const int mantissa = static_cast<int>(format.mantissaBits), exponent = static_cast<int>(format.exponentBits);
  if (bit < mantissa) return BitField::Mantissa;
  return bit < mantissa + exponent ? BitField::Exponent : BitField::Sign;
}

BitColumns BitColumns::ofTable() {
  BitColumns columns;
  columns.titleWidth = px(columns.titleWidth);
  columns.valueWidth = px(columns.valueWidth);
  columns.errorWidth = px(columns.errorWidth);
  return columns;
}

BitLayout::BitLayout(const std::vector<const NumberFormat*>& formats, double width, double height,
                     const BitColumns& columns)
    : m_columns(columns),
      m_headerHeight(columns.hasHeader ? px(kHeader) : 0),
      m_titleWidth(columns.titleWidth),
      m_valueWidth(columns.valueWidth),
      m_errorWidth(columns.errorWidth) {
  m_cellWidth = std::clamp((width - fixedWidth(columns)) / (1 + columns.exponent + columns.mantissa),
                           px(columns.smallestCell), px(columns.largestCell));
  int lineCount = 0;
  for (const NumberFormat* format : formats) lineCount += lines(*format, columns);
  const double padding = kRowPadding * static_cast<double>(formats.size());
  m_cellHeight = std::clamp((height - m_headerHeight - padding) / std::max(1, lineCount), px(kSmallestLine), px(30.0));
  m_signLeft = m_titleWidth;
  m_exponentLeft = m_signLeft + m_cellWidth + kFieldGap;
  m_mantissaLeft = m_exponentLeft + columns.exponent * m_cellWidth + kFieldGap;
  m_valueLeft = m_mantissaLeft + columns.mantissa * m_cellWidth + 12;
  const double spare = columns.sharesRest ? width - m_valueLeft - m_valueWidth - m_errorWidth - 12 : 0;
  m_valueWidth += std::max(0.0, spare * 0.6);
  m_errorWidth += std::max(0.0, spare * 0.4);
  double top = m_headerHeight;
  for (const NumberFormat* format : formats) {
    RowGeometry row;
    const double rowHeight = lines(*format, columns) * m_cellHeight + kRowPadding;
    row.rect = QRectF(0, top, width, rowHeight);
    placeCells(*format, row, top + kRowPadding / 2, m_cellHeight);
    m_rows.push_back(std::move(row));
    top += rowHeight;
  }
  m_height = top;
}

void BitLayout::placeCells(const NumberFormat& format, RowGeometry& row, double top, double lineHeight) {
  const int bits = static_cast<int>(format.bits), mantissa = static_cast<int>(format.mantissaBits);
  const int exponent = static_cast<int>(format.exponentBits);
  const double cellHeight = lineHeight - 3;
  for (int bit = 0; bit < bits; ++bit) {
    double x = 0, y = top;
    switch (fieldOf(format, bit)) {
      case BitField::Sign:
        x = m_signLeft;
        break;
      case BitField::Exponent:
        x = m_exponentLeft + (m_columns.exponent - exponent + (mantissa + exponent - 1 - bit)) * m_cellWidth;
        break;
      case BitField::Mantissa: {
        const int place = mantissa - 1 - bit;
        x = m_mantissaLeft + (place % m_columns.mantissa) * m_cellWidth;
        y += (place / m_columns.mantissa) * lineHeight;
        break;
      }
      // A code without fields starts where mantissas start.
      case BitField::Index:
      case BitField::Integer:
        x = m_mantissaLeft + (bits - 1 - bit) * m_cellWidth;
        break;
    }
    row.cells.emplace_back(x, y, m_cellWidth - 2, cellHeight);
  }
}

int BitLayout::rowAt(double y) const {
  for (std::size_t i = 0; i < m_rows.size(); ++i)
    if (y >= m_rows[i].rect.top() && y < m_rows[i].rect.bottom()) return static_cast<int>(i);
  return -1;
}

int BitLayout::bitAt(int row, QPointF point) const {
  if (row < 0 || row >= rowCount()) return -1;
  const auto& cells = m_rows[static_cast<std::size_t>(row)].cells;
  for (std::size_t bit = 0; bit < cells.size(); ++bit)
    if (cells[bit].adjusted(-1, -1.5, 1, 1.5).contains(point)) return static_cast<int>(bit);
  return -1;
}

double BitLayout::minimumWidth(const BitColumns& columns) {
  return fixedWidth(columns) + px(columns.smallestCell) * (1 + columns.exponent + columns.mantissa);
}

double BitLayout::minimumHeight(const std::vector<const NumberFormat*>& formats, const BitColumns& columns) {
  double height = columns.hasHeader ? px(kHeader) : 0;
  for (const NumberFormat* format : formats) height += lines(*format, columns) * px(kSmallestLine) + kRowPadding;
  return height;
}

}  // namespace app
