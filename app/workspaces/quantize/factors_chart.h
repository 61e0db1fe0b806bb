#pragma once
#include "app/plots/chart.h"

namespace app {

/// How large the inputs of every column are (bars) and what the column is multiplied by (line): who is protected.
class FactorsChart : public Chart {
  Q_OBJECT
 public:
  explicit FactorsChart(QWidget* parent = nullptr);

  /// @param inputs, factors one per column  @param inputTitle "mean |x|"
  void setColumns(std::vector<double> inputs, std::vector<double> factors, const QString& inputTitle);
  void setChosen(std::size_t column);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 Q_SIGNALS:
  void columnChosen(int column);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;

 private:
  int columnAt(QPointF coordinates) const;

  std::vector<double> m_inputs, m_factors;
  QString m_inputTitle;
  QCPBars* m_bars;
  QCPGraph* m_line;
  QCPItemStraightLine* m_chosen;
};

}  // namespace app
