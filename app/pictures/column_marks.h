#pragma once
#include <QString>
#include <cstdint>
#include <vector>

#include "app/plots/chart.h"

namespace app {

/// A column of a matrix that has something to be said about.
struct MarkedColumn {
  std::uint64_t column = 0;
  double magnitude = 0;  ///< of its largest input
};

/// Marks columns of a chart whose x axis counts them: a triangle over each with a thin line through the data, or where
/// there are so many that lines would hide it, a tick whose length says how large the column's inputs are.
class ColumnMarks : public QCPAbstractItem {
  Q_OBJECT
 public:
  explicit ColumnMarks(QCustomPlot* chart);

  /// @param columns ascending
  void setColumns(std::vector<MarkedColumn> columns) { m_columns = std::move(columns); }
  const std::vector<MarkedColumn>& columns() const { return m_columns; }
  /// What is marked on the y axis; without, all of the chart.
  void setRows(const QCPRange& rows) { m_rows = rows; }
  /// What to add to a read-out about columns first … end − 1; empty where none is marked.
  QString readout(std::uint64_t first, std::uint64_t end) const;

  double selectTest(const QPointF& pos, bool onlySelectable, QVariant* details) const override;

 protected:
  void draw(QCPPainter* painter) override;

 private:
  double pixelOf(double row, int whole) const;
  void drawLine(QCPPainter& painter, double x) const;
  void drawTick(QCPPainter& painter, double x, double share) const;

  std::vector<MarkedColumn> m_columns;
  QCPRange m_rows{0, 0};
  double m_top = 0, m_bottom = 0;  ///< in pixels, while it draws
};

}  // namespace app
