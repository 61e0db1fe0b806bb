#pragma once
#include <QFont>
#include <QRect>
#include <vector>

#include "app/plots/chart.h"

namespace app {

/// Title, provenance and legend above a chart for as long as a picture of it is made.
class ChartHeading {
 public:
  explicit ChartHeading(Chart& chart);
  ~ChartHeading();
  ChartHeading(const ChartHeading&) = delete;
  ChartHeading& operator=(const ChartHeading&) = delete;
  /// What it adds to the chart's height, in pixels.
  int height() const { return m_height; }

 private:
  QCPTextElement* text(const QString& what, const QFont& font, const QColor& color) const;
  QCPTextElement* legendText(const ChartLegendEntry& entry) const;
  void addLine(const QString& what, const QFont& font, const QColor& color);
  void insert(QCPLayoutElement* element);

  Chart& m_chart;
  QRect m_before;
  std::vector<QCPLayoutElement*> m_elements;
  int m_height = 0;
};

}  // namespace app
