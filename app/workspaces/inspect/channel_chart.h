#pragma once
#include "app/pictures/column_marks.h"
#include "app/plots/chart.h"
#include "core/metrics/channel_ranges.h"

namespace app {

/// Range and ±1 σ of every row or column of a matrix: outlier channels stick out.
class ChannelChart : public Chart {
  Q_OBJECT
 public:
  explicit ChannelChart(QWidget* parent = nullptr);
  void clearData();
  void setRanges(std::vector<core::metrics::ChannelRange> ranges, const QString& channelName);
  /// Channels that have something to be said about: a triangle over each, and a thin line.
  void setMarked(std::vector<MarkedColumn> channels);
  const std::vector<MarkedColumn>& marked() const { return m_marks->columns(); }
  ChartTable table() const override;

 Q_SIGNALS:
  void channelClicked(quint64 channel);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;

 private:
  int channelAt(QPointF coordinates) const;

  std::vector<core::metrics::ChannelRange> m_ranges;
  QString m_name;
  QCPGraph *m_high, *m_low, *m_sigmaHigh, *m_sigmaLow;
  ColumnMarks* m_marks;  // drawn over the graphs
};

}  // namespace app
