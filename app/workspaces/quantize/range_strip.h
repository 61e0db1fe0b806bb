#pragma once
#include <qcustomplot.h>

#include <vector>

#include "core/calibrate/input_study.h"

namespace app {

/// Ranges as bars of their own above a chart, one below the other, on its x axis: each from its low to its high end,
/// under its name. Of ranges per token the bar is thick as far as the token in the middle reaches.
class RangeStrip {
 public:
  /// Takes the place above the axes of a chart. @param names of the ranges, which it may have none of yet
  explicit RangeStrip(QCustomPlot& chart);

  void setRanges(const core::calibrate::InputStudy& study, const QStringList& names);
  void setChosen(int range);
  void applyColors();
  QColor colorOf(int range) const;
  /// The range at a place of the widget; −1 for none.
  int rangeAt(QPointF pixel) const;
  QCPAxis* nameAxis() const { return m_y; }

 private:
  struct Bar {
    QCPGraph *whole, *most;  ///< most: of half the tokens; null for static ranges
    bool isDynamic = false;
  };
  double heightOf(std::size_t bar) const { return static_cast<double>(m_bars.size() - bar); }

  QCustomPlot& m_chart;
  QCPAxisRect* m_rect;
  QCPAxis *m_x, *m_y;
  std::vector<Bar> m_bars;
  int m_chosen = 0;
};

}  // namespace app
