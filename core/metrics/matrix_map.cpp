#include "core/metrics/matrix_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/parallel_chunks.h"
#include "core/metrics/value_reader.h"
#include "core/quant/quantizer.h"

namespace core::metrics {

namespace {

constexpr std::size_t kMaxCells = 16384;

/// One row of cells while it is being filled.
struct CellRow {
  explicit CellRow(std::size_t columns) : extreme(columns), sumAbs(columns), count(columns), nonFinite(columns) {}
  std::vector<double> extreme, sumAbs;
  std::vector<std::uint64_t> count, nonFinite;

  /// @param perValue so small that the sum of a cell cannot overflow
  void add(std::size_t cell, double value, double perValue) {
    if (!std::isfinite(value)) {
      ++nonFinite[cell];
      return;
    }
    const double size = std::abs(value);
    const double largest = std::abs(extreme[cell]);
    if (size > largest || (size == largest && value > extreme[cell])) extreme[cell] = value;
    sumAbs[cell] += size * perValue;
    ++count[cell];
  }
};

void addTensorRow(const quant::QuantizedTensor& tensor, const MatrixMap& map, std::uint64_t row, double perValue,
                  CellRow& cells, NonFiniteTally& nonFinite) {
  std::array<double, kReadValues> buffer;
  std::size_t cell = 0;
  std::uint64_t cellEnd = map.firstColumn(1);
  for (std::uint64_t column = 0; column < map.tensorColumns; column += kReadValues) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kReadValues, map.tensorColumns - column));
    const std::uint64_t first = row * map.tensorColumns + column;
    readValues(tensor, first, count, buffer.data());
    for (std::size_t i = 0; i < count; ++i) {
      if (column + i == cellEnd) cellEnd = map.firstColumn(++cell + 1);
      cells.add(cell, buffer[i], perValue);
      nonFinite.add(buffer[i], first + i);
    }
  }
}

float toFloat(double value) {
  constexpr double kLargestCell = static_cast<double>(std::numeric_limits<float>::max());
  return static_cast<float>(std::clamp(value, -kLargestCell, kLargestCell));
}

/// Fills one row of cells; what is not finite goes to `nonFinite`.
void fillCellRow(const quant::QuantizedTensor& tensor, std::size_t cellRow, MatrixMap& map, NonFiniteTally& nonFinite,
                 const JobContext& job) {
  constexpr float kNoCell = std::numeric_limits<float>::quiet_NaN();
  const double perValue = tensor.dtype() == tensor::DType::F64 ? 0x1p-64 : 1.0;
  CellRow cells(map.columns);
  for (std::uint64_t row = map.firstRow(cellRow); row < map.firstRow(cellRow + 1); ++row) {
    job.throwIfCancelled();
    addTensorRow(tensor, map, row, perValue, cells, nonFinite);
  }
  for (std::size_t column = 0; column < map.columns; ++column) {
    const std::size_t index = cellRow * map.columns + column;
    const bool any = cells.count[column] != 0;
    map.extreme[index] = any ? toFloat(cells.extreme[column]) : kNoCell;
    map.meanAbs[index] =
        any ? toFloat(cells.sumAbs[column] / static_cast<double>(cells.count[column]) / perValue) : kNoCell;
    map.nonFiniteIn[index] = cells.nonFinite[column];
  }
}

}  // namespace

MatrixMap matrixMap(const quant::QuantizedTensor& tensor, std::size_t maxRows, std::size_t maxColumns,
                    const JobContext& job) {
  for (const std::size_t cells : {maxRows, maxColumns})
    if (cells < 1 || cells > kMaxCells)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("A matrix map has 1 to {} cells a side, but {} were asked for.", kMaxCells, cells));
  MatrixMap map;
  if (tensor.shape.count() == 0) return map;
  map.tensorRows = tensor.shape.rows();
  map.tensorColumns = tensor.shape.rowValues();
  map.rows = static_cast<std::size_t>(std::min<std::uint64_t>(maxRows, map.tensorRows));
  map.columns = static_cast<std::size_t>(std::min<std::uint64_t>(maxColumns, map.tensorColumns));
  map.extreme.resize(map.rows * map.columns);
  map.meanAbs.resize(map.extreme.size());
  map.nonFiniteIn.resize(map.extreme.size());
  std::vector<NonFiniteTally> nonFinite(map.rows);
  forEachChunk(map.rows, 1, job, "Drawing the matrix", [&](std::uint64_t cellRow, std::uint64_t) {
    fillCellRow(tensor, static_cast<std::size_t>(cellRow), map, nonFinite[cellRow], job);
  });
  NonFiniteTally sum;
  for (const NonFiniteTally& part : nonFinite) sum.merge(part);
  map.nonFinite = sum.located(map.tensorColumns);
  for (const float value : map.extreme)
    if (std::isfinite(value)) map.absMax = std::max(map.absMax, std::abs(value));
  return map;
}

}  // namespace core::metrics
