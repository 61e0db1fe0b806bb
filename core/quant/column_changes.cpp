#include "core/quant/column_changes.h"

#include <algorithm>

namespace core::quant {

void undoColumnChanges(const ColumnChanges& changes, std::uint64_t firstRow, std::uint64_t rowValues,
                       std::span<float> values) {
  std::vector<float> ordered;
  const std::size_t outliers = changes.outlierColumns.size();
  for (std::uint64_t row = firstRow; !values.empty(); ++row, values = values.subspan(rowValues)) {
    const std::span<float> columns = values.first(rowValues);
    if (!changes.order.empty()) {
      ordered.resize(rowValues);
      for (std::size_t k = 0; k < rowValues; ++k) ordered[changes.order[k]] = columns[k];
      std::copy(ordered.begin(), ordered.end(), columns.begin());
    }
    if (!changes.inputScales.empty())
      for (std::size_t c = 0; c < rowValues; ++c) columns[c] /= changes.inputScales[c];
    for (std::size_t j = 0; j < outliers; ++j)
      columns[changes.outlierColumns[j]] = changes.outlierValues[row * outliers + j];
  }
}

}  // namespace core::quant
