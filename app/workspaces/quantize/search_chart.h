#pragma once
#include "app/plots/chart.h"

namespace app {

/// What a search tried and what it found: a line with a dot for every try and a mark at the one that was taken.
class SearchChart : public Chart {
  Q_OBJECT
 public:
  struct Try {
    double at = 0, found = 0;
  };

  explicit SearchChart(QWidget* parent = nullptr);

  /// @param taken index into the tries; −1: none
  void setTries(std::vector<Try> tries, int taken, const QString& xTitle, const QString& yTitle);
  ChartTable table() const override;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  std::vector<Try> m_tries;
  QString m_xTitle, m_yTitle;
  QCPGraph *m_line, *m_taken;
};

}  // namespace app
