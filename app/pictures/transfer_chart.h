#pragma once
#include "app/plots/chart.h"

namespace app {

/// What a quantizer makes of every number: the staircase x → x̂, or the saw-tooth of its error x̂ − x, with the weights
/// of a block as dots on it.
class TransferChart : public Chart {
  Q_OBJECT
 public:
  enum class View { Staircase, Error };
  struct Data {
    std::vector<double> x, stored;               ///< the curve, ascending in x; empty where there is none
    std::vector<double> weights, storedWeights;  ///< the dots
    int chosen = -1;                             ///< index of a dot
  };
  explicit TransferChart(View view, QWidget* parent = nullptr);

  void setCurve(Data curve);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;

 Q_SIGNALS:
  void weightChosen(int index);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;

 private:
  double yOf(double x, double stored) const { return m_view == View::Staircase ? stored : stored - x; }
  /// The dot nearest to a place, within reach of a hand; −1 for none.
  int dotAt(QPointF coordinates) const;

  View m_view;
  Data m_data;
  QCPGraph *m_diagonal, *m_curve, *m_dots, *m_chosenDot;
  QCPRange m_x, m_y;
};

}  // namespace app
