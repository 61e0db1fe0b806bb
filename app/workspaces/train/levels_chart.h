#pragma once
#include <optional>

#include "app/plots/chart.h"
#include "app/session/train_news.h"

namespace app {

/// Where the weights of one matrix lie between the levels that they are stored as: bars for now, an outline for the
/// beginning, lines at the levels. As weights learn which level they are at home at, the bars gather there.
class LevelsChart : public Chart {
  Q_OBJECT
 public:
  explicit LevelsChart(QWidget* parent = nullptr);
  /// @param first before training: the outline  @param now null: nothing is known
  void show(const LevelHistogram* first, const LevelHistogram* now);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  void draw();

  std::optional<LevelHistogram> m_first, m_now;
  QCPBars* m_bars;
  QCPGraph* m_outline;
  QCPGraph* m_levels;
};

}  // namespace app
