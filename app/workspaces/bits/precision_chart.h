#pragma once
#include "app/plots/chart.h"

namespace app {

class BitsState;
struct FormatRow;

/// What the formats have at every magnitude.
enum class RangeMeasure { SignificantBits, ValuesPerBinade };

/// Significant bits or values per binade of the formats at every magnitude, both on logarithmic axes: floats are
/// plateaus that fall off into subnormals, integers are slopes. The selected format is drawn in the accent colour, the
/// number as a vertical line.
class PrecisionChart : public Chart {
  Q_OBJECT
 public:
  explicit PrecisionChart(BitsState& state, QWidget* parent = nullptr);
  void setMeasure(RangeMeasure measure);
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;
  /// The formats whose name has room beside its curve.
  QStringList namesInSight() const;

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;

 private:
  struct Curve {
    int row = 0;
    double scale = 0;  ///< with zero-point and measure: what `bits` was computed for
    std::int64_t zeroPoint = 0;
    RangeMeasure measure = RangeMeasure::SignificantBits;
    QVector<double> magnitudes, bits;  ///< bits (or values) is NaN outside of the format's range
    QCPGraph* graph = nullptr;
    QCPItemText* label = nullptr;
  };
  /// Where a name may stand: a place on its curve, and on which side of it.
  struct Spot {
    QPointF at;  ///< magnitude, bits
    Qt::Alignment side;
  };
  void makeCurves();
  void refresh();
  void refreshCurves();
  void placeLabels();
  std::vector<Spot> spotsOf(const Curve& curve) const;
  QRectF boxAt(const Spot& spot, QSizeF size) const;
  void keepInView(double number);

  BitsState& m_state;
  RangeMeasure m_measure = RangeMeasure::SignificantBits;
  std::vector<Curve> m_curves;
  QCPItemStraightLine* m_marker;
  QCPRange m_view;  ///< what reset returns to: the usual magnitudes, and the number
};

/// One number per binade [2^exponent, 2^(exponent+1)) from lowest to highest; NaN where the format has nothing there.
std::vector<double> curveOf(const FormatRow& row, RangeMeasure measure, int lowest, int highest);
/// The most significant bits a row keeps for magnitudes in [2^exponent, 2^(exponent+1)); NaN when the format has none
/// there.
double significantBits(const FormatRow& row, int exponent);

}  // namespace app
