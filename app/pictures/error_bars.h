#pragma once
#include "app/plots/chart.h"
#include "core/metrics/error_stats.h"

namespace app {

class TextLayer;

/// One scheme's errors as bars with their values, the worst tensor on top. A click selects a tensor.
class ErrorBars : public Chart {
  Q_OBJECT
 public:
  struct Bar {
    QString label;
    double value = 0;  ///< finite
    int row = 0;       ///< the caller's number of this tensor
  };

  explicit ErrorBars(QWidget* parent = nullptr);
  void setData(std::vector<Bar> bars, core::metrics::Metric metric, const QColor& color);
  void setSelected(int row);
  ChartTable table() const override;

 Q_SIGNALS:
  void barClicked(int row);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;

 private:
  void draw();
  void labelBars();
  QColor barColor() const;
  QColor plainColor() const;
  int barAt(QPointF coordinates) const;

  std::vector<Bar> m_bars;
  core::metrics::Metric m_metric = core::metrics::Metric::SqnrDb;
  QColor m_color;
  double m_start = 0;  ///< where the bars begin
  int m_selected = -1;
  QCPBars *m_plain, *m_marked;
  TextLayer* m_texts;
};

}  // namespace app
