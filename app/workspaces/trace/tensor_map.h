#pragma once
#include <vector>

#include "app/pictures/layer_grid.h"
#include "app/plots/chart.h"

namespace app {

class TextLayer;

/// Blocks × kinds of matrix: what every tensor did to the word as colour, neutral at zero; a check where restoring it
/// alone brings the word back. A click or the arrow keys select a tensor, Enter or a double click go on there.
class TensorMap : public Chart {
  Q_OBJECT
 public:
  struct Cell {
    QString name;
    bool isKnown = false;
    double value = 0.0;  ///< in units of the logit difference
    bool restores = false;
    QString note;  ///< more about it
  };

  explicit TensorMap(QWidget* parent = nullptr);

  /// @param value what a value is: "contribution"
  void setCells(std::vector<Cell> cells, const QString& value);
  const std::vector<Cell>& cells() const { return m_cells; }
  /// −1 for none.
  void setSelected(int cell);
  ChartTable table() const override;
  /// Middle of a cell in widget coordinates, for tests.
  QPoint centerOf(int cell) const;
  QSize sizeHint() const override { return {360, 220}; }

 Q_SIGNALS:
  void cellClicked(int cell);
  void cellActivated(int cell);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  /// −1 where there is none.
  int cellAt(int block, int kind) const;
  int cellAt(QPointF coordinates) const;
  QString describe(int cell) const;
  void draw();
  void step(int blocks, int kinds);

  std::vector<Cell> m_cells;
  LayerGrid m_grid;
  std::vector<int> m_cellAt;  ///< [kinds × blocks]
  QString m_value;
  int m_selected = -1;
  QCPColorMap* m_map;
  QCPItemRect* m_frame;
  TextLayer *m_values, *m_marks;
};

/// Blue below zero, neutral at zero, red above, as everywhere.
QCPColorGradient divergingGradient();

}  // namespace app
