#pragma once

namespace app {

/// The stretch of the number line that is in sight, from a format's whole range down to a single step: the middle's
/// distance to a reference (the value under the lens) and half the width. All distances are those of a LineSpacing.
class LineView {
 public:
  using Wide = long double;

  /// Half the width that zooming stops at, and the ends of the line.
  void setLimits(Wide smallestHalf, Wide lowest, Wide highest);
  /// Shows ±half around the reference.
  void show(Wide half);
  /// The same stretch, measured from another reference, which lies there.
  void moveReference(Wide to);
  /// What is drawn at −1 … 1 of the axis.
  double toAxis(Wide distance) const;
  Wide fromAxis(double place) const;
  bool contains(Wide distance) const;
  Wide half() const { return m_half; }
  /// As `factor` times the width; what is at `place` of the axis stays there.
  void zoom(Wide factor, double place);
  /// Moves by a share of half the width; the view never leaves the line.
  void pan(double share);
  /// Of one notch of the wheel: few enough of them lead from one end to the other, whatever the format.
  Wide notch() const;

 private:
  void clamp();
  Wide largestHalf() const { return (m_highest - m_lowest) / 2; }

  Wide m_center = 0;  ///< of the middle, from the reference
  Wide m_half = 1, m_smallest = 0, m_lowest = -1, m_highest = 1;
};

}  // namespace app
