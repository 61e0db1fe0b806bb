#pragma once
#include "app/plots/chart.h"
#include "core/metrics/error_stats.h"
#include "core/quant/scheme.h"

namespace app {

class TextLayer;

/// Tensors × schemes as a grid of colours with their values: dark is a small error, bright a large one. A click selects
/// a cell.
class HeatMap : public Chart {
  Q_OBJECT
 public:
  struct Cell {
    bool known = false;
    double value = 0;  ///< may be infinite: no error at all
    QString note;      ///< why there is no value
  };

  explicit HeatMap(QWidget* parent = nullptr);

  /// @param cells row by row, rows × columns
  void setData(const QStringList& rows, const QStringList& columns, std::vector<Cell> cells,
               core::metrics::Metric metric);
  /// −1 for none.
  void setSelected(int row, int column);
  ChartTable table() const override;
  /// Middle of a cell in widget coordinates, for tests.
  QPoint centerOf(int row, int column) const;

 Q_SIGNALS:
  void cellClicked(int row, int column);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  std::optional<std::pair<int, int>> cellAt(QPointF coordinates) const;
  const Cell& cell(int row, int column) const;
  /// Position of a value between the best and the worst, 0…1, and back.
  double shade(double value) const;
  double valueAt(double shade) const;
  bool isLogarithmic() const;
  void labelCells();
  void labelScale();

  QStringList m_rows, m_columns;
  std::vector<Cell> m_cells;
  core::metrics::Metric m_metric = core::metrics::Metric::SqnrDb;
  double m_best = 0, m_worst = 1;
  int m_selectedRow = -1, m_selectedColumn = -1;
  QCPColorMap* m_map;
  QCPColorScale* m_scale;
  TextLayer* m_texts;
  QCPItemRect* m_frame;
};

}  // namespace app
