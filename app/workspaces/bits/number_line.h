#pragma once
#include <cstdint>
#include <vector>

#include "app/plots/chart.h"
#include "app/workspaces/bits/line_spacing.h"
#include "app/workspaces/bits/line_view.h"

namespace app {

class BitsState;
struct FormatRow;

/// The selected format's values on a line, spaced by their differences or evenly, from its whole range down to a single
/// ulp: each a tick, or a shade where
/// they are denser than that; the chosen one filled, the number a marker, and the interval of the reals that round to
/// the chosen one with its ends, filled or hollow as they belong to it or not. The wheel and plus and minus zoom where
/// the pointer is, dragging moves, a click chooses a value, arrow keys step, S changes the spacing.
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
  Spacing spacing() const { return m_spacing; }
  void setSpacing(Spacing spacing);
  /// Where a value is drawn, −1 … 1 being in sight.
  double toAxis(double value) const;
  /// How many values are.
  std::uint64_t inSight() const { return m_inSight; }
  /// Labels of the ticks, in their order; of marks() where there are shades.
  QStringList labels() const;
  /// Values that are named where there are shades: of the ends and the middle, or powers of ten.
  std::vector<double> marks() const;
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

  void showWholeRange();
  void showBinade();  ///< the powers of two on both sides of the chosen value
  void showUlps();    ///< four to each side

 Q_SIGNALS:
  /// How much of the line is in sight, or its spacing, changed; for what says so.
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
  void follow();
  void setLimits();
  void collect();
  double valueAt(double place) const;
  void viewMoved();
  void zoom(LineView::Wide factor, double place);
  int tickAt(double pixel) const;

  BitsState& m_state;
  Spacing m_spacing = Spacing::Linear;
  std::optional<LineSpacing> m_places;  ///< of the values; none before there was a finite one
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
