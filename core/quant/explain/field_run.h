#pragma once
#include <array>
#include <span>

#include "core/quant/explain/block_fields.h"

namespace core::quant {

/// A bit range that repeats along the axes of a run: `steps` are its distances in bits.
struct RunPiece {
  std::uint32_t firstBit = 0, bits = 0;
  std::uint32_t shift = 0;
  std::array<std::uint32_t, 4> steps{};
};

/// How often fields repeat, the outermost axis first, and how far apart in values.
struct RunAxis {
  std::uint32_t count = 1, valueStep = 0;
};

/// Fields of one kind: nested repetitions of up to four bit ranges.
struct FieldRun {
  FieldRole role = FieldRole::Code;
  std::string_view symbol;
  FieldReading reading = FieldReading::Unsigned;
  std::uint32_t firstValue = 0, valueCount = 1, valueStride = 1;
  std::array<RunAxis, 4> axes{};
  std::array<RunPiece, BlockField::kMaxRanges> pieces{};

  constexpr std::uint32_t fieldCount() const {
    std::uint32_t count = 1;
    for (const RunAxis& axis : axes) count *= axis.count;
    return count;
  }
  /// The n-th field, the innermost axis running fastest.
  constexpr BlockField field(std::uint32_t n) const {
    BlockField result;
    result.role = role;
    result.symbol = symbol;
    result.reading = reading;
    result.firstValue = firstValue;
    result.valueCount = valueCount;
    result.valueStride = valueStride;
    for (std::size_t p = 0; p < pieces.size(); ++p)
      result.ranges[p] = {pieces[p].firstBit, pieces[p].bits, pieces[p].shift};
    for (std::size_t a = axes.size(); a-- > 0; n /= axes[a].count) {
      const std::uint32_t at = n % axes[a].count;
      result.firstValue += at * axes[a].valueStep;
      for (std::size_t p = 0; p < pieces.size(); ++p) result.ranges[p].firstBit += at * pieces[p].steps[a];
    }
    return result;
  }
};

/// The fields of consecutive elements of a plain dtype.
BlockFields plainFields(tensor::DType dtype, std::uint32_t values);

/// All fields of the runs, and which of them each bit belongs to.
BlockFields expand(std::span<const FieldRun> runs, std::uint32_t bytes, std::uint32_t values);

}  // namespace core::quant
