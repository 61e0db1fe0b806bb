#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace core::quant {

/// Which of two levels a value exactly between them becomes.
enum class Ties : std::uint8_t { ToLower, ToSmallerMagnitude, ToEvenCode };

/// Finds the code whose level is nearest to a value. Values beyond the ends get the outermost level; NaN gets the
/// lowest. Levels that are not finite are never chosen, and of equal ones (+0 and −0) the lowest code.
class NearestLevel {
 public:
  /// @param levels 2 to 256 values in code order, at least one of them finite
  NearestLevel(std::span<const float> levels, Ties ties);

  std::uint8_t code(float value) const;
  /// codes[i] of values[i] · factor.
  void codes(const float* values, std::size_t count, float factor, std::uint8_t* codes) const;

 private:
  std::vector<float> m_thresholds;  ///< ascending; above the n-th a value has at least rank n + 1; padded to 2^k − 1
  std::vector<std::uint8_t> m_codes;  ///< by rank
};

}  // namespace core::quant
