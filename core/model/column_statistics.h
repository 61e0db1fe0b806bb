#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace core::model {

/// What is known of each column of a value, over the rows (tokens) of some computations: the importance of the columns
/// of a weight's input, and what calibration scales by. A column with a value that is no number has a sum that is none.
struct ColumnStatistics {
  std::uint64_t rows = 0;            ///< summed over
  std::vector<double> sum;           ///< [width] Σ x
  std::vector<double> sumOfSquares;  ///< [width] Σ x²
  std::vector<float> largest;        ///< [width] max |x|

  explicit ColumnStatistics(std::size_t width) : sum(width, 0.0), sumOfSquares(width, 0.0), largest(width, 0.0F) {}

  /// Adds rows, in double. @param values [rows, width]
  void addRows(std::span<const float> values);
  /// Adds the sums of some rows, each [width].
  void addSums(std::uint64_t count, std::span<const float> sums, std::span<const float> squares,
               std::span<const float> magnitudes);
  /// @pre of the same width
  void add(const ColumnStatistics& other);
};

}  // namespace core::model
