#include "core/model/column_statistics.h"

#include <algorithm>
#include <cmath>

#include "core/base/parallel.h"

namespace core::model {

namespace {
constexpr std::size_t kGrainValues = 65536;  // below this a thread costs more than it brings
}

void ColumnStatistics::addRows(std::span<const float> values) {
  const std::size_t width = sum.size(), count = values.size() / width;
  if (count == 0) return;
  parallelFor(width, std::max<std::size_t>(kGrainValues / count, 1), [&](std::size_t first, std::size_t last) {
    for (std::size_t row = 0; row < count; ++row) {
      const float* x = values.data() + row * width;
      for (std::size_t i = first; i < last; ++i) {
        const auto value = static_cast<double>(x[i]);
        sum[i] += value;
        sumOfSquares[i] += value * value;
        largest[i] = std::max(largest[i], std::abs(x[i]));
      }
    }
  });
  rows += count;
}

void ColumnStatistics::addSums(std::uint64_t count, std::span<const float> sums, std::span<const float> squares,
                               std::span<const float> magnitudes) {
  rows += count;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += static_cast<double>(sums[i]);
    sumOfSquares[i] += static_cast<double>(squares[i]);
    largest[i] = std::max(largest[i], magnitudes[i]);
  }
}

void ColumnStatistics::add(const ColumnStatistics& other) {
  rows += other.rows;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += other.sum[i];
    sumOfSquares[i] += other.sumOfSquares[i];
    largest[i] = std::max(largest[i], other.largest[i]);
  }
}

}  // namespace core::model
