#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// A place in a tensor seen as [rows, rowValues].
struct Position {
  std::uint64_t row = 0, column = 0;
  bool operator==(const Position&) const = default;
};

/// Values that are no numbers one can measure: no minimum, mean or error takes them, so they are counted and the first
/// of them is located.
struct NonFinite {
  std::uint64_t nan = 0, inf = 0;
  std::optional<Position> first;  ///< in row-major order; nothing when there is none

  std::uint64_t count() const { return nan + inf; }
  bool operator==(const NonFinite&) const = default;
};

/// For people: "2 NaN and 1 Inf, the first at [3, 17]"; "none".
std::string describe(const NonFinite& nonFinite);

/// Collects the above from values with flat, row-major indices. Mergeable in any order.
class NonFiniteTally {
 public:
  /// Does nothing for a finite value.
  void add(double value, std::uint64_t index) {
    if (std::isfinite(value)) return;
    ++(std::isnan(value) ? m_nan : m_inf);
    if (index < m_first) m_first = index;
  }
  void merge(const NonFiniteTally& other) {
    m_nan += other.m_nan;
    m_inf += other.m_inf;
    if (other.m_first < m_first) m_first = other.m_first;
  }
  std::uint64_t count() const { return m_nan + m_inf; }
  /// @param rowValues of the tensor; 0: everything is one row
  NonFinite located(std::uint64_t rowValues) const {
    NonFinite result{m_nan, m_inf, std::nullopt};
    if (count() != 0)
      result.first = rowValues == 0 ? Position{0, m_first} : Position{m_first / rowValues, m_first % rowValues};
    return result;
  }

 private:
  std::uint64_t m_nan = 0, m_inf = 0;
  std::uint64_t m_first = std::numeric_limits<std::uint64_t>::max();
};

/// The values of a tensor that are not finite, as they are stored or as codes decode; parallel, at the speed of
/// reading. More of them in a quantized tensor than in its original: finite weights were lost.
/// @throws Error (Unsupported, InvalidArgument), Cancelled
NonFinite nonFiniteValues(const quant::QuantizedTensor& tensor, const JobContext& job = JobContext());

}  // namespace core::metrics
