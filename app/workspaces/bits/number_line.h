#pragma once
#include <cstdint>
#include <vector>

#include "app/plots/chart.h"

namespace app {

class BitsState;

/// The selected format's values around the number: each a tick, the chosen one filled, the number a marker. The wheel
/// and plus and minus show more or fewer of them, a click chooses one, arrow keys step. Positions are differences to
/// the chosen value, so that even FP64's neighbours are apart; labels have as many digits as tell them apart.
class NumberLine : public Chart {
  Q_OBJECT
 public:
  struct Tick {
    std::uint64_t code;
    double value;
    double offset;  ///< value − chosen value
    bool chosen;
  };

  explicit NumberLine(BitsState& state, QWidget* parent = nullptr);
  QSize sizeHint() const override { return {400, 80}; }
  const std::vector<Tick>& ticks() const { return m_ticks; }
  /// Labels of the ticks in view, in their order.
  QStringList labels() const;
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void clickedAt(QPointF coordinates) override;
  void wheelEvent(QWheelEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent*) override {}  // two clicks are two choices
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  class Drawing;
  void refresh();
  void collect();
  void setNeighbours(double count);
  bool isInView(const Tick& tick) const;
  int tickAt(double pixel) const;

  BitsState& m_state;
  std::vector<Tick> m_ticks;
  double m_halfWidth = 1;   ///< of the view, in units of value
  double m_neighbours = 4;  ///< steps shown to each side
  int m_hover = -1;
};

}  // namespace app
