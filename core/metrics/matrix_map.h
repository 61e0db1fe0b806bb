#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/job_context.h"
#include "core/metrics/non_finite.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// A matrix made small enough to draw: every cell stands for a rectangle of values, none is left out.
struct MatrixMap {
  std::uint64_t tensorRows = 0, tensorColumns = 0;
  std::size_t rows = 0, columns = 0;  ///< cells
  /// [rows × columns] the finite value farthest from 0, with its sign (on a tie the positive); NaN where there is none.
  /// Doubles beyond float32 are its largest values.
  std::vector<float> extreme;
  std::vector<float> meanAbs;              ///< [rows × columns] mean |x|; NaN where no value is finite
  std::vector<std::uint64_t> nonFiniteIn;  ///< [rows × columns] values left out of the cell
  float absMax = 0;                        ///< of all cells
  NonFinite nonFinite;                     ///< all values left out

  /// First tensor row of a cell row; firstRow(rows) is tensorRows. Columns likewise.
  std::uint64_t firstRow(std::size_t cellRow) const { return boundary(cellRow, rows, tensorRows); }
  std::uint64_t firstColumn(std::size_t cellColumn) const { return boundary(cellColumn, columns, tensorColumns); }

 private:
  static std::uint64_t boundary(std::uint64_t cell, std::uint64_t cells, std::uint64_t extent) {
    return cells == 0 ? 0 : extent / cells * cell + extent % cells * cell / cells;
  }
};

/// The tensor as [rows, rowValues] in at most maxRows × maxColumns cells; parallel over rows of cells.
/// @param maxRows, maxColumns 1…16384
/// @throws Error (Unsupported, InvalidArgument), Cancelled
MatrixMap matrixMap(const quant::QuantizedTensor& tensor, std::size_t maxRows, std::size_t maxColumns,
                    const JobContext& job = JobContext());

}  // namespace core::metrics
