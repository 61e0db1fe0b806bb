#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/numeric/codec.h"

namespace app {

/// The codes of a format in the order of their values: place 0 is the smallest finite one. Both zeros are one place;
/// NaN and infinities have none. Places are found by arithmetic or by halving, so that FP64 has as many as it has.
class CodeOrder {
 public:
  /// @param format outlives this
  CodeOrder(const core::numeric::NumberFormat& format, const core::numeric::CodeScale& scale);

  std::uint64_t count() const { return m_count; }
  /// @pre place < count()
  std::uint64_t codeAt(std::uint64_t place) const;
  double valueAt(std::uint64_t place) const;
  double smallest() const { return valueAt(0); }
  double largest() const { return valueAt(m_count - 1); }
  /// The first place whose value is ≥ `value`; count() when there is none.
  std::uint64_t firstAtLeast(double value) const;
  /// How many codes have low ≤ value ≤ high.
  std::uint64_t countBetween(double low, double high) const;

 private:
  std::uint64_t magnitudeAt(std::uint64_t place) const;  ///< of floats, counted from zero

  const core::numeric::NumberFormat& m_format;
  core::numeric::CodeScale m_scale;
  std::uint64_t m_magnitudes = 0;        ///< floats: finite magnitudes without zero
  std::vector<std::uint64_t> m_byValue;  ///< code books: a code of every different value
  std::uint64_t m_count = 0;
};

}  // namespace app
