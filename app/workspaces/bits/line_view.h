#pragma once
#include <cstdint>

namespace app {

/// The stretch of the number line that is in sight, from a format's whole range down to a single ulp: a reference (the
/// value under the lens), the middle's distance to it and half the width. Distances to the reference keep FP64's
/// neighbours apart; long double keeps FP64's whole range from overflowing.
class LineView {
 public:
  using Wide = long double;

  /// Widths that zooming stops at: half of them.
  void setLimits(Wide smallestHalf, Wide largestHalf);
  /// Shows ±half around a value, which becomes the reference.
  void show(double reference, Wide half);
  /// The same stretch, measured from another reference.
  void setReference(double reference);
  double reference() const { return m_reference; }
  /// What is drawn at −1 … 1 of the axis.
  double toAxis(double value) const;
  double fromAxis(double place) const;
  bool contains(double value) const;
  double low() const { return fromAxis(-1); }
  double high() const { return fromAxis(1); }
  Wide half() const { return m_half; }
  /// As `factor` times the width; what is at `place` of the axis stays there.
  void zoom(Wide factor, double place);
  /// Moves by a share of half the width; the view never leaves the range ±largestHalf.
  void pan(double share);
  /// Of one notch of the wheel: few enough of them lead from one end to the other, whatever the format.
  Wide notch() const;

 private:
  void clamp();

  double m_reference = 0;
  Wide m_center = 0;  ///< of the middle, from the reference
  Wide m_half = 1, m_smallest = 0, m_largest = 1;
};

}  // namespace app
