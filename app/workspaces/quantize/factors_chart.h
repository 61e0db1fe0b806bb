#pragma once
#include "app/plots/chart.h"

namespace app {

/// A dot for every column: how large its inputs are, and the factor that it is multiplied by. Above 1 it is protected,
/// at the cost of those below. A click chooses the nearest dot.
class FactorsChart : public Chart {
  Q_OBJECT
 public:
  explicit FactorsChart(QWidget* parent = nullptr);

  /// @param inputs, factors one per column  @param inputTitle "mean |x|"
  void setColumns(std::vector<double> inputs, std::vector<double> factors, const QString& inputTitle);
  void setChosen(std::size_t column);
  /// Where the dot of a column is drawn, in pixels of this widget.
  QPointF dotAt(std::size_t column) const;
  ChartTable table() const override;

 Q_SIGNALS:
  void columnChosen(int column);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;

 private:
  int columnAt(QPointF coordinates) const;
  /// As drawn: a column without inputs stands at the left end.
  double drawnInput(std::size_t column) const;

  std::vector<double> m_inputs, m_factors;
  double m_least = 1;  ///< input that is not 0
  QString m_inputTitle;
  QCPGraph *m_dots, *m_chosen;
  QCPItemStraightLine* m_one;
};

}  // namespace app
