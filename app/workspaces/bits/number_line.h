#pragma once
#include <QWidget>
#include <cstdint>
#include <vector>

namespace app {

class BitsState;

/// The selected format's values around the number: each a tick, the chosen one filled, the number a marker. The wheel
/// zooms, a click chooses a value, arrow keys step. Positions are differences to the chosen value, so that even FP64's
/// neighbours are apart.
class NumberLine : public QWidget {
  Q_OBJECT
 public:
  explicit NumberLine(BitsState& state, QWidget* parent = nullptr);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  struct Tick {
    std::uint64_t code;
    double value;
    double offset;  ///< value − chosen value
    bool chosen;
  };
  void collect();
  double toX(double offset) const;
  int tickAt(QPointF position) const;
  void paintTick(QPainter& painter, const Tick& tick, double y, bool hovered) const;
  void paintLabels(QPainter& painter, double y) const;

  BitsState& m_state;
  std::vector<Tick> m_ticks;
  double m_halfWidth = 1;   ///< of the view, in units of value
  double m_neighbours = 4;  ///< steps shown to each side; the wheel changes it
  int m_hover = -1;
};

}  // namespace app
