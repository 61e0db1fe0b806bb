#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/lessons/facts/fact_arguments.h"
#include "core/base/job_context.h"

namespace app {

/// Shares are facts in percent.
inline constexpr double kPercent = 100.0;

/// Real numbers from low to high, both included.
struct Interval {
  double low = 0, high = 0;
};

/// The bits of a code in a number format.
struct Pattern {
  std::string format;  ///< name in core::numeric's table
  std::uint64_t code = 0;
  bool operator==(const Pattern&) const = default;
};

/// What a chart of a step draws: as many x as y.
struct Curve {
  std::vector<double> x, y;
};

/// What a fact comes to. A text is the id of a choice ("nf4", "yes") or digits to be shown as they are.
using FactValue = std::variant<double, Interval, std::string, Pattern, Curve>;
enum class FactKind : std::uint8_t { Number, Interval, Text, Pattern, Curve };  ///< in the order of FactValue
inline FactKind kindOf(const FactValue& value) { return static_cast<FactKind>(value.index()); }

/// Something a lesson may claim, computed by the program's own code: lessons hold no results.
struct Fact {
  std::string_view name;
  FactKind kind;
  /// Names of its arguments, apart by spaces; "?" behind those that may be absent: "scheme metric?". "weights?" stands
  /// for all that weightsOf (fact_weights.h) reads.
  std::string_view parameters;
  /// Runs on a worker thread and may take its time. @throws core::Error, core::Cancelled
  FactValue (*compute)(const FactArguments& arguments, const core::JobContext& job);
};

/// A fact with its arguments, as lessons write it: {"fact": NAME, other keys: arguments}.
struct FactCall {
  const Fact* fact = nullptr;
  FactArguments arguments;

  FactValue compute(const core::JobContext& job) const;
};

}  // namespace app
