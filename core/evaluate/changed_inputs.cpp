#include "core/evaluate/changed_inputs.h"

#include "core/model/coded_row.h"
#include "core/model/input_changes.h"
#include "core/model/ops/arrange_columns.h"
#include "core/model/ops/decode_rows.h"
#include "core/model/ops/quantize_rows.h"

namespace core::evaluate {

ChangedInputs inputChangeOf(const quant::QuantizedTensor& weight, std::span<const float> rows, std::size_t tokens) {
  const std::size_t width = weight.rowValues();
  ChangedInputs result;
  std::vector<float> arranged;
  if (const auto arrangement = model::arrangementOf(weight)) {
    arranged.resize(rows.size());
    model::ops::arrangeColumns(*arrangement, rows.data(), tokens, width, arranged.data());
    rows = arranged;
    result.columns = quant::Columns::AsStored;
  }
  result.difference.resize(rows.size());
  if (weight.input->makesCodes()) {
    std::vector<float> codes(tokens * model::CodedRow(static_cast<std::uint32_t>(width)).words());
    model::ops::encodeRows(*weight.input, rows.data(), tokens, width, codes.data());
    model::ops::decodeRows(codes.data(), rows.data(), tokens, width, result.difference.data());
  } else {
    model::ops::roundRows(*weight.input, rows.data(), tokens, width, result.difference.data());
  }
  for (std::size_t i = 0; i < rows.size(); ++i) result.difference[i] -= rows[i];
  return result;
}

}  // namespace core::evaluate
