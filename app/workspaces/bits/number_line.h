#pragma once
#include <cstdint>
#include <vector>

#include "app/plots/chart.h"
#include "app/workspaces/bits/line_view.h"

namespace app {

class BitsState;
class CodeOrder;
struct FormatRow;

/// The selected format's values on a line, from its whole range down to a single ulp: each a tick, or a shade where
/// they are denser than that; the chosen one filled, the number a marker, and the interval of the reals that round to
/// the chosen one with its ends, filled or hollow as they belong to it or not. The wheel and plus and minus zoom where
/// the pointer is, dragging moves, a click chooses a value, arrow keys step.
class NumberLine : public Chart {
  Q_OBJECT
 public:
  struct Tick {
    std::uint64_t code;
    double value;
    bool chosen;
  };
  /// How many values lie in a stretch of the line, where they are too dense for ticks.
  struct Shade {
    double low, high;     ///< of the axis
    std::uint64_t count;  ///< of values
  };

  explicit NumberLine(BitsState& state, QWidget* parent = nullptr);
  QSize sizeHint() const override { return {400, 130}; }
  const std::vector<Tick>& ticks() const { return m_ticks; }
  const std::vector<Shade>& shades() const { return m_shades; }
  const LineView& view() const { return m_view; }
  /// How many values are.
  std::uint64_t inSight() const { return m_inSight; }
  /// Labels of the ticks, in their order; of the ends and the middle where there are shades.
  QStringList labels() const;
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

  void showWholeRange();
  void showBinade();  ///< the powers of two on both sides of the chosen value
  void showUlps();    ///< four to each side

 Q_SIGNALS:
  /// How much of the line is in sight changed; for what says so.
  void viewChanged();

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void clickedAt(QPointF coordinates) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent*) override {}  // two clicks are two choices
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  friend class LineDrawing;
  void refresh();
  void follow(const CodeOrder& order);
  void setLimits(const CodeOrder& order);
  void collect(const CodeOrder& order);
  void viewMoved();
  void zoom(LineView::Wide factor, double place);
  int tickAt(double pixel) const;

  BitsState& m_state;
  LineView m_view;
  std::vector<Tick> m_ticks;
  std::vector<Shade> m_shades;
  std::uint64_t m_inSight = 0;
  const void* m_format = nullptr;  ///< that the view was made for
  int m_hover = -1;
  double m_draggedAt = 0;
  bool m_dragging = false;
};

}  // namespace app
