#pragma once
#include <array>
#include <vector>

#include "core/numeric/rounding.h"

namespace core::numeric {

/// Rounds many doubles to the nearest values of one format: what decode(encode(x)) gives, without codes and reasons.
/// A few nanoseconds each; the few that are too close to a border for that, and huge or tiny ones, take the long way.
class NearestValue {
 public:
  struct Landing {
    double value = 0;
    bool beyond = false;  ///< decideRounding's overflow: further out than the last value after rounding
  };

  /// @throws Error (InvalidArgument) for a scale that requireUsable refuses
  explicit NearestValue(const NumberFormat& format, const CodeScale& scale = {},
                        Overflow overflow = Overflow::AsFormat);

  /// @pre x is finite
  Landing operator()(double x) const;

 private:
  Landing exactly(double x) const;
  Landing toFloat(double x) const;
  Landing toInteger(double x) const;
  Landing toEntry(double x) const;
  double scaled(double steps, std::size_t index) const;

  NumberFormat m_format;
  CodeScale m_scale;
  Overflow m_overflow;
  double m_largest = 0;                             ///< Float
  double m_beyondLargest = 0;                       ///< what comes of larger ones
  double m_low = 0, m_high = 0;                     ///< integers
  std::array<double, 16> m_entries{}, m_middles{};  ///< code books, ascending; a middle above each entry but the last
  std::size_t m_entryCount = 0;
  double m_slack = 0;             ///< how far, in parts, a quotient by the double nearest to an exact scale may be off
  std::vector<double> m_decoded;  ///< under an exact scale: the values, ascending
};

}  // namespace core::numeric
