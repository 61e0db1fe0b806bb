#pragma once
#include <limits>

#include "app/plots/chart.h"
#include "core/evaluate/estimate.h"

namespace app {

class TextLayer;

/// A quick figure of every tensor against what was measured of it, on logarithmic axes: the better it knows which
/// tensors harm, the more the points rise from left to right. A click selects a tensor, a double click opens it.
class ProxyChart : public Chart {
  Q_OBJECT
 public:
  struct Point {
    QString name;
    double quick = std::numeric_limits<double>::quiet_NaN();  ///< NaN: not known
    core::evaluate::Estimate measured;                        ///< nats per token
    bool isWithinError = false;                               ///< nothing was found: its point is hollow
    int row = 0;                                              ///< the caller's number of this tensor
  };

  explicit ProxyChart(QWidget* parent = nullptr);
  /// @param quick title of the x axis, with its unit
  void setPoints(std::vector<Point> points, const QString& quick, const QColor& color);
  void setSelected(int row);
  ChartTable table() const override;
  /// Middle of a point in widget coordinates, for tests; nothing where it has none.
  std::optional<QPoint> centerOf(int row) const;
  /// Points that have a place.
  std::size_t shown() const { return m_shown.size(); }

 Q_SIGNALS:
  void pointClicked(int row);
  void pointActivated(int row);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void draw();
  void showHome();
  /// What lies at or below zero stands at the lower end.
  double height(const Point& point) const;
  const Point* nearest(QPointF coordinates) const;
  QString describe(const Point& point) const;

  std::vector<Point> m_points;
  std::vector<const Point*> m_shown;  ///< into m_points, from left to right
  QString m_quick, m_homeOf;          ///< the latter: what home was made for
  QColor m_color;
  double m_lowest = 1e-9;
  int m_selected = -1;
  QCPGraph *m_solid, *m_hollow, *m_marked, *m_measured;
  QCPErrorBars* m_errors;  ///< of m_measured
  TextLayer* m_name;
};

}  // namespace app
