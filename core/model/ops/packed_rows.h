#pragma once
#include <cstddef>
#include <cstdint>

namespace core::model::ops {

/// Rows of weights whose values the kernels make in registers (packed_rows.inc): a layout each.
enum class RowFormat : std::uint8_t {
  Half,   ///< FP16
  Brain,  ///< BF16
  Q4_0,   ///< blocks of GGUF …
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q4_K,
  Q5_K,
  Q6_K,
  Nibbles,     ///< (code + offset) · scale, the first of two 4-bit codes in the low half of a byte
  Bytes,       ///< (code + offset) · scale of 8-bit codes
  LevelsLow,   ///< levels[code] · scale, the first of two 4-bit codes in the low half of a byte
  LevelsHigh,  ///< … in the high half
};
inline constexpr std::size_t kRowFormats = 14;

/// Values come in pieces of so many, which share a scale: what a row has to be a multiple of, where its format has no
/// larger blocks, and what groups have to be.
inline constexpr std::size_t kPieceValues = 32;

/// Consecutive rows as they lie. Nothing needs to be aligned.
struct PackedRows {
  const std::uint8_t* bytes = nullptr;  ///< of the first row
  std::size_t rowBytes = 0;
  std::size_t rowValues = 0;  ///< whole blocks, or pieces
  // Of codes under scales of their own alone:
  const float* scales = nullptr;   ///< of the first row's groups, and of those of the rows that follow
  const float* offsets = nullptr;  ///< as many; null where all are `offset`
  float offset = 0.0F;
  std::size_t rowGroups = 0;      ///< from one row's scales to the next one's: 0 where all rows share them
  std::size_t group = 0;          ///< values that share a scale: a multiple of kPieceValues, or all of the row
  const float* levels = nullptr;  ///< 16
};

}  // namespace core::model::ops
