#pragma once
#include "app/plots/chart.h"
#include "core/metrics/step_errors.h"

namespace app {

/// How rounding errors spread within a step, against the even spread that is usually assumed.
class StepErrorChart : public Chart {
  Q_OBJECT
 public:
  explicit StepErrorChart(QWidget* parent = nullptr);

  void setErrors(core::metrics::StepErrors errors);
  /// "σ² = 0.084 steps² of 256 weights; an even spread has 0.0833": what the picture says, in words.
  QString verdict() const;
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  core::metrics::StepErrors m_errors;
  std::vector<double> m_counts;
  QCPBars* m_bars;
  QCPGraph* m_even;
};

}  // namespace app
