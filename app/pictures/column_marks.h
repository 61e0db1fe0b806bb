#pragma once
#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

#include "app/plots/chart.h"

namespace app {

/// A column of a matrix that has something to be said about.
struct MarkedColumn {
  std::uint64_t column = 0;
  double magnitude = 0;  ///< of its largest input
};

/// Marks columns of a chart whose x axis counts them: a triangle over each, and a thin line through the data.
class ColumnMarks : public QCPAbstractItem {
  Q_OBJECT
 public:
  explicit ColumnMarks(QCustomPlot* chart);

  /// @param columns ascending
  void setColumns(std::vector<MarkedColumn> columns) { m_columns = std::move(columns); }
  const std::vector<MarkedColumn>& columns() const { return m_columns; }
  /// What to add to a read-out about columns first … end − 1; empty where none is marked.
  QString readout(std::uint64_t first, std::uint64_t end) const;

  double selectTest(const QPointF& pos, bool onlySelectable, QVariant* details) const override;

 protected:
  void draw(QCPPainter* painter) override;

 private:
  std::vector<MarkedColumn> m_columns;
};

}  // namespace app
