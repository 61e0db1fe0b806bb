#pragma once
#include "app/plots/chart.h"

namespace app {

/// Why NF4 has the levels it has: the normal distribution cut into slices of equal share, a level at each cut, over a
/// histogram of the weights that are to be stored, all divided by the largest magnitude of a block.
class NormalQuantilesChart : public Chart {
  Q_OBJECT
 public:
  explicit NormalQuantilesChart(QWidget* parent = nullptr);

  /// @param weights divided by the absmax of their block: within [−1, 1]
  void setWeights(const std::vector<double>& weights);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  QCPBars* m_histogram;
  std::vector<QCPGraph*> m_slices;  ///< between two levels, filled in turn
  std::vector<QCPItemLine*> m_levels;
};

}  // namespace app
