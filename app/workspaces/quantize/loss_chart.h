#pragma once
#include "app/plots/chart.h"

namespace app {

/// What the output of a row has lost by the time each of its columns is rounded, beside what rounding alone loses in
/// the end. A click chooses a turn.
class LossChart : public Chart {
  Q_OBJECT
 public:
  explicit LossChart(QWidget* parent = nullptr);

  /// @param lost what every turn adds, in order  @param alone what rounding alone loses in all
  void setLosses(const std::vector<double>& lost, double alone);
  void setChosen(std::size_t turn);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 Q_SIGNALS:
  void turnChosen(int turn);  ///< from 0

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;

 private:
  int turnAt(QPointF coordinates) const;

  std::vector<double> m_sums;
  double m_alone = 0;
  QCPGraph *m_line, *m_dot;
  QCPItemStraightLine* m_aloneLine;
  QCPItemText* m_aloneName;
};

}  // namespace app
