#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace core::quant {

/// What some methods do to the columns of a matrix before they quantize it, and a decoder undoes. Stored column k of
/// a row is d[k]:
///   1. order (GPTQ with act-order): d[k] belongs to column order[k]; empty: in place
///   2. inputScales (AWQ, SmoothQuant): column c was multiplied by inputScales[c] and is divided by it; empty: by 1
///   3. outliers (LLM.int8()): column outlierColumns[j] of row r is outlierValues[r · n + j], n = outlierColumns.size()
struct ColumnChanges {
  std::vector<std::uint32_t> order;           ///< a permutation of the columns
  std::vector<float> inputScales;             ///< finite, > 0
  std::vector<std::uint32_t> outlierColumns;  ///< ascending
  std::vector<float> outlierValues;           ///< kept in FP16

  /// Bytes they take in storage.
  std::uint64_t bytes() const {
    return order.size() * 4 + inputScales.size() * 4 + outlierColumns.size() * 4 + outlierValues.size() * 2;
  }
};

/// Which columns a decoded row has.
enum class Columns : std::uint8_t {
  OfTheWeight,  ///< the weight's own: QuantizedTensor::changes are undone
  AsStored      ///< as they lie: for inputs that were changed instead
};

/// Turns decoded rows into the weights' own. @param values rowCount rows as stored, changed in place
void undoColumnChanges(const ColumnChanges& changes, std::uint64_t firstRow, std::uint64_t rowValues,
                       std::span<float> values);

}  // namespace core::quant
