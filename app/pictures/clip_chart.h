#pragma once
#include "app/plots/chart.h"
#include "core/metrics/clip_curve.h"

namespace app {

/// Mean squared error of weights against the clip of their range, with its two halves: rounding falls with the range,
/// clipping grows. The chosen clip is a line that a hand can move.
class ClipChart : public Chart {
  Q_OBJECT
 public:
  explicit ClipChart(QWidget* parent = nullptr);

  /// @param costs ascending in clip
  void setCurve(std::vector<core::metrics::ClipCost> costs);
  void setClip(double clip);
  /// Of least error, and of those the one that clips least; null without a curve.
  const core::metrics::ClipCost* best() const;
  /// Of the point nearest to a clip; null without a curve.
  const core::metrics::ClipCost* at(double clip) const;
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 Q_SIGNALS:
  void clipBegan();
  void clipMoved(double clip);
  void clipEnded();

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  std::vector<core::metrics::ClipCost> m_costs;
  double m_clip = 1;
  bool m_holding = false;
  QCPGraph *m_total, *m_rounding, *m_clipping, *m_best;
  QCPItemStraightLine* m_line;
  QCPItemText* m_bestText;
};

}  // namespace app
