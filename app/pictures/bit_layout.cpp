#include "app/pictures/bit_layout.h"

#include <algorithm>

namespace app {
namespace {

using core::numeric::FormatKind;
using core::numeric::NumberFormat;

constexpr int kExponentColumns = 11, kMantissaColumns = 26;
constexpr double kFieldGap = 9, kRowPadding = 5;

int lines(const NumberFormat& format) { return static_cast<int>(format.mantissaBits) > kMantissaColumns ? 2 : 1; }

}  // namespace

BitField fieldOf(const NumberFormat& format, int bit) {
  if (format.kind == FormatKind::CodeBook) return BitField::Index;
  if (format.isInteger()) return BitField::Integer;
  const int mantissa = static_cast<int>(format.mantissaBits), exponent = static_cast<int>(format.exponentBits);
  if (bit < mantissa) return BitField::Mantissa;
  return bit < mantissa + exponent ? BitField::Exponent : BitField::Sign;
}

BitLayout::BitLayout(const std::vector<const NumberFormat*>& formats, double width, double height) {
  const double fixed = m_titleWidth + m_valueWidth + m_errorWidth + 2 * kFieldGap + 24;
  m_cellWidth = std::clamp((width - fixed) / (1 + kExponentColumns + kMantissaColumns), 11.0, 22.0);
  int lineCount = 0;
  for (const NumberFormat* format : formats) lineCount += lines(*format);
  const double padding = kRowPadding * static_cast<double>(formats.size());
  m_cellHeight = std::clamp((height - m_headerHeight - padding) / lineCount, 18.0, 30.0);
  m_signLeft = m_titleWidth;
  m_exponentLeft = m_signLeft + m_cellWidth + kFieldGap;
  m_mantissaLeft = m_exponentLeft + kExponentColumns * m_cellWidth + kFieldGap;
  m_valueLeft = m_mantissaLeft + kMantissaColumns * m_cellWidth + 12;
  const double spare = width - m_valueLeft - m_valueWidth - m_errorWidth - 12;
  m_valueWidth += std::max(0.0, spare * 0.6);
  m_errorWidth += std::max(0.0, spare * 0.4);
  double top = m_headerHeight;
  for (const NumberFormat* format : formats) {
    RowGeometry row;
    const double rowHeight = lines(*format) * m_cellHeight + kRowPadding;
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
        x = m_exponentLeft + (kExponentColumns - exponent + (mantissa + exponent - 1 - bit)) * m_cellWidth;
        break;
      case BitField::Mantissa: {
        const int place = mantissa - 1 - bit;
        x = m_mantissaLeft + (place % kMantissaColumns) * m_cellWidth;
        y += (place / kMantissaColumns) * lineHeight;
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

double BitLayout::minimumWidth() { return 104 + 150 + 96 + 2 * kFieldGap + 24 + 38 * 11; }

double BitLayout::minimumHeight(int rows) { return 22 + 18.0 * (rows + 1) + kRowPadding * rows; }

}  // namespace app
