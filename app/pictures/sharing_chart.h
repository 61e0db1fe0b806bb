#pragma once
#include "app/plots/chart.h"

namespace app {

/// Error against bits per weight of one format with ever more weights under one scale.
class SharingChart : public Chart {
  Q_OBJECT
 public:
  struct Point {
    QString label;  ///< "16", "row"
    double bitsPerWeight = 0;
    double error = 0;  ///< relative
  };
  explicit SharingChart(QWidget* parent = nullptr);

  /// @param points with growing groups
  void setPoints(std::vector<Point> points);
  void setChosen(int index);
  ChartTable table() const override;

 Q_SIGNALS:
  void pointChosen(int index);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;

 private:
  int pointAt(QPointF coordinates) const;
  void labelPoints();

  std::vector<Point> m_points;
  int m_chosen = -1;
  QCPCurve* m_line;
  QCPGraph *m_dots, *m_chosenDot;
  std::vector<QCPItemText*> m_labels;
};

}  // namespace app
