#pragma once
#include <vector>

#include "app/plots/chart.h"
#include "core/metrics/tensor_stats.h"

namespace app {

/// How the weights of a tensor are distributed: bars, σ marks, a rug of outliers, the dequantized weights laid over,
/// and below the axis the levels that each checked scheme has for a block of this tensor.
class WeightHistogram : public Chart {
  Q_OBJECT
 public:
  /// A row below the axis: the grid a scheme has for one block.
  struct Levels {
    QString scheme;
    QColor color;
    QString block;               ///< which weights share it: "[3, 128–191]"
    std::vector<double> values;  ///< every level of it
    QString note;                ///< instead of levels: "computing…", why the scheme does not apply
  };
  struct Overlay {
    QString scheme;
    QColor color;
    Qt::PenStyle line = Qt::SolidLine;
    core::metrics::Histogram histogram;  ///< same bins as the original's
  };

  explicit WeightHistogram(QWidget* parent = nullptr);

  void setSummary(const core::metrics::TensorSummary& summary, const QString& tensor);
  void setLevels(std::vector<Levels> levels);
  /// What the axis says while there are levels; without, that they are those of a scheme's block.
  void setLevelCaption(const QString& caption) { m_levelCaption = caption; }
  void setOverlay(std::optional<Overlay> overlay);
  void setLogarithmic(bool logarithmic);
  /// The selected weight; NaN for none.
  void setMarkedValue(double value);
  void clearData();
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 Q_SIGNALS:
  /// A click on a bar: values from low to high.
  void binClicked(double low, double high);
  void binActivated(double low, double high);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void draw();
  void drawLevels();
  void drawLevelRow(int row, const Levels& levels);
  /// As high as there is room for beside the bars.
  void sizeLevelRows();
  /// Shows the labels of mean and ±6σ that have room beside each other.
  void placeLabels();
  void setCountRange();
  int binAt(double value) const;
  QString overlayReadout(std::size_t bin) const;
  QVector<double> heights(const core::metrics::Histogram& histogram) const;

  core::metrics::TensorSummary m_summary;
  std::vector<Levels> m_levels;
  std::optional<Overlay> m_overlay;
  QString m_levelCaption;
  bool m_logarithmic = false;
  double m_marked;
  QCPAxisRect* m_levelRect;
  QCPBars* m_bars;
  QCPGraph *m_overlayGraph, *m_rug;
  std::vector<QCPGraph*> m_levelGraphs;
  std::vector<QCPItemText*> m_levelNotes;
  QCPItemStraightLine *m_mean, *m_lowSigma, *m_highSigma, *m_markedLine;
  QCPItemText *m_meanText, *m_lowText, *m_highText;
};

}  // namespace app
