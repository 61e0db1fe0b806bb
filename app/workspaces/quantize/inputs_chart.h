#pragma once
#include <vector>

#include "app/plots/chart.h"
#include "app/workspaces/quantize/range_strip.h"
#include "core/calibrate/input_study.h"

namespace app {

/// How often the inputs of a layer have which value on the calibration text; above it the range of every method, of
/// which one is chosen: what lies beyond it is clipped. A click on a range chooses it.
class InputsChart : public Chart {
  Q_OBJECT
 public:
  explicit InputsChart(QWidget* parent = nullptr);

  /// @param inputs of the calibration text  @param names of the study's ranges
  void setInputs(const core::quant::InputHistogram& inputs, const core::calibrate::InputStudy& study,
                 const QStringList& names);
  /// |x| from which on LLM.int8() leaves a column in FP16; 0: there is none
  void setThreshold(double threshold);
  void setChosen(int range);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 Q_SIGNALS:
  void rangeChosen(int range);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  bool isReadAt(QPointF pixel) const override;
  void applyColors() override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  struct Range {
    QString name;
    double low = 0, high = 0;
    bool isStatic = true;
  };
  void count(const core::quant::InputHistogram& inputs, double low, double width);
  void markChosen();

  std::vector<double> m_edges, m_counts;
  std::vector<Range> m_ranges;
  int m_chosen = 0;
  double m_threshold = 0;
  RangeStrip m_strip;
  QCPBars* m_bars;
  QCPItemLine *m_ends[2], *m_thresholds[2];
  QCPItemRect* m_beyond[2];
  QCPItemText* m_thresholdName;
};

}  // namespace app
