#include "core/metrics/matrix_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

#include "core/base/error.h"
#include "core/base/parallel_chunks.h"
#include "core/metrics/value_reader.h"

namespace core::metrics {

namespace {

constexpr std::size_t kMaxCells = 16384;

/// One row of cells while it is being filled.
struct CellRow {
  explicit CellRow(std::size_t columns) : extreme(columns), sumAbs(columns), count(columns) {}
  std::vector<double> extreme, sumAbs;
  std::vector<std::uint64_t> count;
  std::uint64_t nonFinite = 0;

  void add(std::size_t cell, double value) {
    if (!std::isfinite(value)) {
      ++nonFinite;
      return;
    }
    const double size = std::abs(value);
    const double largest = std::abs(extreme[cell]);
    if (size > largest || (size == largest && value > extreme[cell])) extreme[cell] = value;
    sumAbs[cell] += size;
    ++count[cell];
  }
};

void addTensorRow(const tensor::TensorView& tensor, const MatrixMap& map, std::uint64_t row, CellRow& cells) {
  std::array<double, kReadValues> buffer;
  std::size_t cell = 0;
  std::uint64_t cellEnd = map.firstColumn(1);
  for (std::uint64_t column = 0; column < map.tensorColumns; column += kReadValues) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kReadValues, map.tensorColumns - column));
    readValues(tensor, row * map.tensorColumns + column, count, buffer.data());
    for (std::size_t i = 0; i < count; ++i) {
      if (column + i == cellEnd) cellEnd = map.firstColumn(++cell + 1);
      cells.add(cell, buffer[i]);
    }
  }
}

void fillCellRow(const tensor::TensorView& tensor, std::size_t cellRow, MatrixMap& map,
                 std::atomic<std::uint64_t>& nonFinite, const JobContext& job) {
  CellRow cells(map.columns);
  for (std::uint64_t row = map.firstRow(cellRow); row < map.firstRow(cellRow + 1); ++row) {
    job.throwIfCancelled();
    addTensorRow(tensor, map, row, cells);
  }
  for (std::size_t column = 0; column < map.columns; ++column) {
    const std::size_t index = cellRow * map.columns + column;
    map.extreme[index] = static_cast<float>(cells.extreme[column]);
    const auto count = static_cast<double>(std::max<std::uint64_t>(1, cells.count[column]));
    map.meanAbs[index] = static_cast<float>(cells.sumAbs[column] / count);
  }
  nonFinite += cells.nonFinite;
}

}  // namespace

MatrixMap matrixMap(const tensor::TensorView& tensor, std::size_t maxRows, std::size_t maxColumns,
                    const JobContext& job) {
  for (const std::size_t cells : {maxRows, maxColumns})
    if (cells < 1 || cells > kMaxCells)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("A matrix map has 1 to {} cells a side, but {} were asked for.", kMaxCells, cells));
  checkReadable(tensor);
  MatrixMap map;
  if (tensor.shape.count() == 0) return map;
  map.tensorRows = tensor.shape.rows();
  map.tensorColumns = tensor.shape.rowValues();
  map.rows = static_cast<std::size_t>(std::min<std::uint64_t>(maxRows, map.tensorRows));
  map.columns = static_cast<std::size_t>(std::min<std::uint64_t>(maxColumns, map.tensorColumns));
  map.extreme.resize(map.rows * map.columns);
  map.meanAbs.resize(map.extreme.size());
  std::atomic<std::uint64_t> nonFinite{0};
  forEachChunk(map.rows, 1, job, "Drawing the matrix", [&](std::uint64_t cellRow, std::uint64_t) {
    fillCellRow(tensor, static_cast<std::size_t>(cellRow), map, nonFinite, job);
  });
  map.nonFinite = nonFinite;
  for (const float value : map.extreme) map.absMax = std::max(map.absMax, std::abs(value));
  return map;
}

}  // namespace core::metrics
