#pragma once
#include <vector>

#include "app/plots/chart.h"
#include "core/calibrate/input_study.h"

namespace app {

/// How often the inputs of a layer have which value on the calibration text, the range of every method below the axis,
/// and as a band how far the ranges of single tokens reach.
class InputsChart : public Chart {
  Q_OBJECT
 public:
  explicit InputsChart(QWidget* parent = nullptr);

  /// @param inputs of the calibration text  @param names of the study's ranges
  void setInputs(const core::quant::InputHistogram& inputs, const core::calibrate::InputStudy& study,
                 const QStringList& names);
  void setChosen(int range);
  void clearData();
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  struct Range {
    QString name;
    double low = 0, high = 0;
    bool isDynamic = false;
    QCPItemLine *left, *right;
    QCPItemText* text;
  };
  void drawRanges(const core::calibrate::InputStudy& study, const QStringList& names);

  std::vector<double> m_edges, m_counts;
  std::vector<Range> m_ranges;
  double m_bandLow = 0, m_bandHigh = 0;
  int m_chosen = 0;
  QCPBars* m_bars;
  std::vector<QCPItemRect*> m_band;
};

}  // namespace app
