#pragma once
#include <QString>
#include <cstdint>
#include <optional>

#include "app/workspaces/bits/code_order.h"

namespace app {

/// What has the same room everywhere on the number line.
enum class Spacing : std::uint8_t {
  Linear,     ///< equal differences
  EvenValues  ///< neighbours: every value of the format, and so every binade of a float, has the room of every other
};
QString nameOf(Spacing spacing);  ///< "linear", "values": in links and settings
std::optional<Spacing> findSpacing(const QString& name);

/// Where a format's values stand on the line: their distances from a reference, which is one of them. Small distances
/// are exact, so that FP64's neighbours stay apart; long double keeps its whole range from overflowing.
class LineSpacing {
 public:
  using Wide = long double;

  LineSpacing(Spacing kind, CodeOrder order, double reference);

  Spacing kind() const { return m_kind; }
  double reference() const { return m_reference; }
  const CodeOrder& order() const { return m_order; }
  /// Between values what lies between them; beyond the last ones on as their last gap.
  Wide distanceOf(double value) const;
  /// Of what lies so far from the reference, which a double need not hold.
  Wide distanceOfDifference(double difference) const;
  Wide distanceOfPlace(std::uint64_t place) const;
  double valueAt(Wide distance) const;
  /// The first place of the order at this distance or beyond; its count where there is none.
  std::uint64_t firstFrom(Wide distance) const;
  /// Ends of what can be looked at. Linear: the same to both sides of zero.
  Wide lowest() const;
  Wide highest() const;
  /// From the reference to a neighbour.
  Wide step() const;

 private:
  Wide interpolated(double value) const;
  Wide linearEnd() const;

  Spacing m_kind;
  CodeOrder m_order;
  double m_reference;
  std::uint64_t m_place;  ///< of the reference
};

}  // namespace app
