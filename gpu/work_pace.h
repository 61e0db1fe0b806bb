#pragma once
#include <optional>

namespace gpu {

/// How much work, counted in multiply-adds, one submission to the device may hold.
///
/// Desktop systems reset a GPU that is busy with one submission for about two seconds, and until it is through, neither
/// the picture on the screen nor a cancel gets its turn. So a submission should take about a tenth of a second: long
/// against the tens of microseconds that it costs, and with room for work that takes a multiple of its estimate. How
/// much that is differs by four orders of magnitude between devices; it is learnt from how long the submissions take,
/// beginning with what the slowest GPU does in a second.
class WorkPace {
 public:
  static constexpr double kSeconds = 0.1;
  static constexpr double kFirstLimit = 1e9;
  static constexpr double kLeastLimit = 1e6;  ///< a process that was stopped meanwhile measures anything

  /// @param fixed a limit that is kept whatever is measured, for tests
  explicit WorkPace(std::optional<double> fixed) : m_limit(fixed.value_or(kFirstLimit)), m_isFixed(fixed.has_value()) {}

  double limit() const { return m_limit; }
  /// A submission of this much work took so long.
  void learn(double work, double seconds);

 private:
  double m_limit;
  bool m_isFixed;
};

}  // namespace gpu
