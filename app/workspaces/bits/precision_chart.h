#pragma once
#include "app/plots/chart.h"

namespace app {

class BitsState;
struct FormatRow;

/// Significant bits a format keeps at every magnitude, both on logarithmic axes: floats are plateaus that fall off into
/// subnormals, integers are slopes. The selected format is drawn in the accent colour, the number as a vertical line.
class PrecisionChart : public Chart {
  Q_OBJECT
 public:
  explicit PrecisionChart(BitsState& state, QWidget* parent = nullptr);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;
  /// The formats whose name has room beside its curve.
  QStringList namesInSight() const;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  struct Curve {
    int row;
    QVector<double> magnitudes, bits;  ///< bits is NaN outside of the format's range
    QCPGraph* graph;
    QCPItemText* label;
  };
  /// Where a name may stand: a place on its curve, and on which side of it.
  struct Spot {
    QPointF at;  ///< magnitude, bits
    Qt::Alignment side;
  };
  void refresh();
  void placeLabels();
  std::vector<Spot> spotsOf(const Curve& curve) const;
  QRectF boxAt(const Spot& spot, QSizeF size) const;
  void keepInView(double number);

  BitsState& m_state;
  std::vector<Curve> m_curves;
  QCPItemStraightLine* m_marker;
  QCPRange m_view;  ///< what reset returns to: the usual magnitudes, and the number
};

/// The most significant bits a row keeps for magnitudes in [2^exponent, 2^(exponent+1)); NaN when the format has none
/// there.
double significantBits(const FormatRow& row, int exponent);

}  // namespace app
