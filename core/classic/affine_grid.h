#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/classic/table.h"
#include "core/quant/uniform_range.h"

namespace core::classic {

/// Evenly spaced levels for the values of one column or layer: x ≈ scale · level, level = code − zeroPoint. Range,
/// scale, zero-point and rounding are those of core/quant (formulas in uniform_encode.h), here for 2 to 16 bits.
struct AffineGrid {
  quant::UniformLevels codes{};  ///< the smallest and the largest code
  float scale = 0.0F;            ///< 0: every value is level 0
  std::int32_t zeroPoint = 0;

  /// The grid that spans [−range.negative, range.positive] in FP32 scales.
  /// @param bits 2 … 16  @param zeroPoint Off: symmetric levels, zero-point 0
  /// @throws Error (InvalidArgument) for other widths
  static AffineGrid spanning(std::uint32_t bits, quant::ZeroPoint zeroPoint, const quant::Extremes& range);

  /// code − zeroPoint of the nearest code.
  std::int32_t level(float x) const;
  std::int32_t code(float x) const { return level(x) + zeroPoint; }
  /// What a level stands for.
  float value(std::int32_t level) const { return scale * static_cast<float>(level); }
};

/// The smallest range that holds all finite values, and 0.
quant::Extremes rangeOf(std::span<const float> values);

/// Whether columns have a scale each, or one for all of them.
enum class ColumnScale : std::uint8_t { Own, Shared };

/// A grid with a zero-point for every column, over the values the table has.
std::vector<AffineGrid> columnGrids(const Table& table, std::uint32_t bits, ColumnScale sharing);

}  // namespace core::classic
