#pragma once
#include "app/plots/chart.h"

namespace app {

/// What one column's error pushes into the columns after it, a bar for each. A click chooses the column of a bar.
class PushChart : public Chart {
  Q_OBJECT
 public:
  static constexpr std::size_t kMostBars = 64;

  explicit PushChart(QWidget* parent = nullptr);

  /// @param pushed into the next columns, in the order taken  @param turn of the column, from 0
  /// @param columns of the weights, of every turn
  void setPushed(const std::vector<double>& pushed, std::size_t turn, const std::vector<std::uint32_t>& columns);
  ChartTable table() const override;

 Q_SIGNALS:
  void turnChosen(int turn);  ///< from 0

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;

 private:
  /// −1 for none.
  int barAt(QPointF coordinates) const;

  std::vector<double> m_pushed;
  std::vector<std::uint32_t> m_columns;  ///< of the bars
  std::size_t m_turn = 0;
  QCPBars *m_more, *m_less;  ///< upwards, downwards
};

}  // namespace app
