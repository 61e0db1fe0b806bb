#include "core/metrics/channel_ranges.h"

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

constexpr std::uint64_t kMaxParts = 16;
// Bounds the memory a file can ask for: 48 bytes per column, part and this many columns.
constexpr std::uint64_t kMaxColumns = 1U << 20;

/// Sums of scale · x − shift; a shift inside the channel's range keeps the variance accurate, the scale the squares
/// of huge or tiny doubles in range.
struct Accumulator {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  double shift = 0, sum = 0, squares = 0;
  std::uint64_t count = 0, nonFinite = 0;

  void add(double value, double scale) {
    if (!std::isfinite(value)) {
      ++nonFinite;
      return;
    }
    min = std::min(min, value);
    max = std::max(max, value);
    const double d = value * scale - shift;
    sum += d;
    squares += d * d;
    ++count;
  }
  void merge(const Accumulator& other) {
    min = std::min(min, other.min);
    max = std::max(max, other.max);
    sum += other.sum;
    squares += other.squares;
    count += other.count;
    nonFinite += other.nonFinite;
  }
  ChannelRange range(double scale) const {
    ChannelRange result;
    result.nonFinite = nonFinite;
    if (count == 0) return result;
    const double n = static_cast<double>(count);
    const double offset = sum / n;
    const double variance = min == max ? 0.0 : std::max(0.0, squares / n - offset * offset);
    result.min = min;
    result.max = max;
    result.absMax = std::max(std::abs(min), std::abs(max));
    result.mean = std::clamp((shift + offset) / scale, min, max);
    result.standardDeviation = std::sqrt(variance) / scale;
    return result;
  }
};

using Accumulators = std::vector<Accumulator>;

/// Calls body(column, values, count) for pieces of one row.
template <typename Body>
void forEachPiece(const quant::QuantizedTensor& tensor, std::uint64_t row, const Body& body) {
  std::array<double, kReadValues> buffer;
  const std::uint64_t columns = tensor.shape.rowValues();
  for (std::uint64_t column = 0; column < columns; column += kReadValues) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kReadValues, columns - column));
    readValues(tensor, row * columns + column, count, buffer.data());
    body(column, buffer.data(), count);
  }
}

/// One accumulator per column, shifted by the values of the first row.
Accumulators shiftedByFirstRow(const quant::QuantizedTensor& tensor, double scale) {
  Accumulators columns(tensor.shape.rowValues());
  forEachPiece(tensor, 0, [&](std::uint64_t column, const double* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      columns[column + i].shift = std::isfinite(values[i]) ? values[i] * scale : 0.0;
  });
  return columns;
}

ChannelRange addRow(const quant::QuantizedTensor& tensor, std::uint64_t row, double scale, Accumulators& columns) {
  Accumulator whole;
  forEachPiece(tensor, row, [&](std::uint64_t column, const double* values, std::size_t count) {
    if (column == 0 && std::isfinite(values[0])) whole.shift = values[0] * scale;
    for (std::size_t i = 0; i < count; ++i) {
      whole.add(values[i], scale);
      columns[column + i].add(values[i], scale);
    }
  });
  return whole.range(scale);
}

}  // namespace

ChannelRanges channelRanges(const quant::QuantizedTensor& tensor, const JobContext& job) {
  ChannelRanges result;
  const std::uint64_t rows = tensor.shape.rows();
  if (tensor.shape.count() == 0) return result;
  const std::uint64_t columns = tensor.shape.rowValues();
  if (columns > kMaxColumns)
    throw Error(ErrorCode::Unsupported,
                fmt::format("Ranges are measured for up to {} columns, but this tensor has {}.", kMaxColumns, columns),
                tensor.name);
  result.rows.resize(rows);
  const double scale = std::ldexp(1.0, -exponentOf(tensor, job.part(0.0, 0.0)));
  const Accumulators start = shiftedByFirstRow(tensor, scale);
  const std::uint64_t wantedParts = std::clamp<std::uint64_t>(kMaxColumns / columns, 1, kMaxParts);
  const std::uint64_t rowsPerPart = (rows + wantedParts - 1) / wantedParts;
  std::vector<Accumulators> parts((rows + rowsPerPart - 1) / rowsPerPart, start);
  forEachChunk(rows, rowsPerPart, job, "Measuring channels", [&](std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t row = first; row < first + count; ++row) {
      job.throwIfCancelled();
      result.rows[row] = addRow(tensor, row, scale, parts[first / rowsPerPart]);
    }
  });
  result.columns.resize(start.size());
  for (std::size_t column = 0; column < start.size(); ++column) {
    Accumulator sum = start[column];
    for (const Accumulators& part : parts) sum.merge(part[column]);
    result.columns[column] = sum.range(scale);
  }
  return result;
}

}  // namespace core::metrics
