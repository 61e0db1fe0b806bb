#pragma once
#include <QRectF>
#include <vector>

#include "core/numeric/number_format.h"

namespace app {

/// What a bit of a code belongs to; colour, letter and underline follow from it.
enum class BitField { Sign, Exponent, Mantissa, Index, Integer };
BitField fieldOf(const core::numeric::NumberFormat& format, int bit);

/// What a table of bits has room for beside and between its fields.
struct BitColumns {
  int exponent = 11, mantissa = 26;                            ///< cells; a longer mantissa takes a second line
  double titleWidth = 104, valueWidth = 150, errorWidth = 96;  ///< pixels
  double smallestCell = 9.5, largestCell = 22;
  bool hasHeader = true;
  bool sharesRest = true;  ///< value and error take the width that is left

  static BitColumns ofTable();  ///< under the zoom
};

/// Where the cells of the bit table lie. Exponents end and mantissas begin at the same place in every row, so that one
/// sees where a shorter format cuts; the mantissa of FP64 takes two lines.
class BitLayout {
 public:
  struct RowGeometry {
    QRectF rect;                ///< the whole row
    std::vector<QRectF> cells;  ///< by bit, 0 = least significant
  };
  /// @param width of the widget  @param height it may fill: rows grow up to a comfortable size
  BitLayout(const std::vector<const core::numeric::NumberFormat*>& formats, double width, double height,
            const BitColumns& columns);

  const RowGeometry& row(int index) const { return m_rows[static_cast<std::size_t>(index)]; }
  int rowCount() const { return static_cast<int>(m_rows.size()); }
  double height() const { return m_height; }
  double cellWidth() const { return m_cellWidth; }
  double headerHeight() const { return m_headerHeight; }
  double exponentLeft() const { return m_exponentLeft; }
  double mantissaLeft() const { return m_mantissaLeft; }
  double signLeft() const { return m_signLeft; }
  double valueLeft() const { return m_valueLeft; }  ///< of the value column
  double valueWidth() const { return m_valueWidth; }
  double errorWidth() const { return m_errorWidth; }
  double titleWidth() const { return m_titleWidth; }

  /// Row under a y; −1 for none.
  int rowAt(double y) const;
  /// Bit of a row under a point; −1 for none.
  int bitAt(int row, QPointF point) const;
  /// Smallest useful size.
  static double minimumWidth(const BitColumns& columns);
  static double minimumHeight(const std::vector<const core::numeric::NumberFormat*>& formats,
                              const BitColumns& columns);

 private:
  void placeCells(const core::numeric::NumberFormat& format, RowGeometry& row, double top, double lineHeight);

  BitColumns m_columns;
  std::vector<RowGeometry> m_rows;
  double m_height = 0, m_cellWidth = 14, m_cellHeight = 20, m_headerHeight = 22;
  double m_titleWidth, m_signLeft = 0, m_exponentLeft = 0, m_mantissaLeft = 0, m_valueLeft = 0;
  double m_valueWidth, m_errorWidth;
};

}  // namespace app
