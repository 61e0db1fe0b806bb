#pragma once
#include "app/plots/chart.h"

namespace app {

/// What one column's error pushes into the columns after it, a bar for each.
class PushChart : public Chart {
  Q_OBJECT
 public:
  static constexpr std::size_t kMostBars = 64;

  explicit PushChart(QWidget* parent = nullptr);

  /// @param pushed into the next columns, in the order taken  @param turn of the column, from 0
  /// @param largest |amount| of the whole row: all columns are drawn on one scale
  void setPushed(const std::vector<double>& pushed, std::size_t turn, double largest);
  ChartTable table() const override;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  std::vector<double> m_pushed;
  std::size_t m_turn = 0;
  QCPBars *m_more, *m_less;  ///< upwards, downwards
};

}  // namespace app
