#pragma once
#include "app/plots/chart.h"

namespace app {

/// The weights of one block as bars with what is stored in their place as ticks, and every level they can become as
/// lines. A bar can be taken with the mouse and moved, as can the chosen one with the arrow keys.
class WeightBars : public Chart {
  Q_OBJECT
 public:
  /// Every value that some neighbouring weights can become.
  struct Levels {
    std::size_t first = 0, count = 0;  ///< of the block's weights
    std::vector<double> values;        ///< ascending
  };
  struct Block {
    std::vector<double> values, stored;       ///< equally many
    std::vector<Levels> levels;               ///< each drawn over its own weights
    std::optional<double> clipLow, clipHigh;  ///< ends at which weights were cut off
    std::uint64_t firstIndex = 0;             ///< number of the first weight, as the axis counts them
    std::vector<std::uint32_t> columns;       ///< numbers of the weights where they do not follow each other

    std::uint64_t number(std::size_t index) const { return columns.empty() ? firstIndex + index : columns[index]; }
  };
  explicit WeightBars(QWidget* parent = nullptr);

  void setBlock(Block block);
  /// @param index into the block; −1 for none
  void setChosen(int index);
  int chosen() const { return m_chosen; }
  /// Where the end of a bar is drawn, in pixels of this widget.
  QPointF barEnd(int index) const;

  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 Q_SIGNALS:
  void barChosen(int index);
  void barActivated(int index);  ///< double click, Enter
  /// A hand takes a bar, moves it and lets go.
  void moveBegan();
  void barMoved(int index, double value);
  void moveEnded();

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  bool activatedAt(QPointF coordinates) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  class Drawing;
  int indexAt(double x) const;
  void choose(int index);
  void nudge(double steps);
  void fit();

  Block m_block;
  int m_chosen = -1;
  bool m_pressed = false, m_moving = false;
  QPointF m_pressedPixel;
  double m_valueAtPress = 0, m_unitsPerPixel = 0;
  QCPRange m_fitted;
};

}  // namespace app
