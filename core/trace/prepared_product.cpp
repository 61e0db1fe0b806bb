#include "core/trace/prepared_product.h"

#include <algorithm>
#include <bit>

#include "core/model/coded_row.h"
#include "core/model/ops/arrange_columns.h"
#include "core/model/ops/matmul.h"
#include "core/model/ops/multiply_codes.h"
#include "core/model/ops/quantize_rows.h"
#include "core/numeric/half.h"

namespace core::trace {

namespace {

using model::CodedRow;

/// The input as the product sees it.
struct Prepared {
  std::vector<float> floats;  ///< [rows, width]; what codes were made of
  std::vector<float> codes;   ///< [rows, CodedRow::words()], or empty: the product takes the floats
  const model::Arrangement* arrangement = nullptr;
};

Prepared prepare(std::span<const model::OpParameters> preparations, std::span<const float> in, std::size_t rows,
                 std::size_t rowsTogether) {
  const std::size_t width = in.size() / rows;
  Prepared result{{in.begin(), in.end()}, {}, nullptr};
  for (const model::OpParameters& parameters : preparations) {
    std::vector<float> made(rows * width);
    if (const auto* arrange = std::get_if<model::ArrangeColumns>(&parameters)) {
      model::ops::arrangeColumns(*arrange->arrangement, result.floats.data(), rows, width, made.data());
      result.arrangement = arrange->arrangement.get();
      result.floats = std::move(made);
      continue;
    }
    const quant::InputQuantizer& quantizer = std::get<model::QuantizeRows>(parameters).quantizer;
    const std::size_t batch = rowsTogether == 0 ? rows : rowsTogether;
    const std::size_t words = quantizer.makesCodes() ? CodedRow(static_cast<std::uint32_t>(width)).words() : width;
    made.resize(rows * words);
    for (std::size_t first = 0; first < rows; first += batch) {
      const auto quantize = quantizer.makesCodes() ? model::ops::encodeRows : model::ops::roundRows;
      quantize(quantizer, result.floats.data() + first * width, std::min(batch, rows - first), width,
               made.data() + first * words);
    }
    (quantizer.makesCodes() ? result.codes : result.floats) = std::move(made);
  }
  return result;
}

/// What a coded row stands for; outlier columns are those of `floats`, rounded to FP16.
float codedValue(std::span<const float> row, const float* floats, std::uint32_t width, std::uint32_t column) {
  const CodedRow layout(width);
  const auto word = [&](std::uint32_t index) { return std::bit_cast<std::uint32_t>(row[index]); };
  const std::uint32_t unit = column / CodedRow::kUnit, place = column % CodedRow::kUnit;
  if ((word(layout.masks() + unit) >> place & 1U) != 0)
    return numeric::halfToFloat(numeric::floatToHalf(floats[column]));
  const std::uint32_t packed = word(layout.codes() + unit * CodedRow::kCodeWords + place / 4);
  const auto code = static_cast<std::int8_t>(packed >> (8 * (place % 4)) & 0xFFU);
  const auto zero = std::bit_cast<std::int32_t>(row[1]);
  return row[0] * static_cast<float>(code - zero);
}

void addChanges(const Prepared& input, const ElementChanges& changes, std::size_t rows, std::size_t outWidth,
                std::span<float> out) {
  const auto width = static_cast<std::uint32_t>(input.floats.size() / rows);
  std::vector<std::uint32_t> placeOf;  // of the weight's own columns among the arranged ones
  if (input.arrangement != nullptr && !input.arrangement->order.empty()) {
    placeOf.resize(width);
    for (std::uint32_t k = 0; k < width; ++k) placeOf[input.arrangement->order[k]] = k;
  }
  const std::size_t words = CodedRow(width).words();
  for (const ElementChanges::Change& change : changes.changes) {
    const std::uint32_t place = placeOf.empty() ? change.column : placeOf[change.column];
    float added = change.added;
    if (input.arrangement != nullptr && !input.arrangement->factors.empty()) added /= input.arrangement->factors[place];
    for (std::size_t t = 0; t < rows; ++t) {
      const float* floats = input.floats.data() + t * width;
      const float x = input.codes.empty()
                          ? floats[place]
                          : codedValue(std::span(input.codes).subspan(t * words, words), floats, width, place);
      out[t * outWidth + change.row] += added * x;
    }
  }
}

}  // namespace

void multiply(const PreparedProduct& what, const ElementChanges& changes, std::span<const float> in, std::size_t rows,
              std::span<float> out, std::size_t rowsTogether) {
  const quant::QuantizedTensor& weight = *what.product.weight;
  if (what.preparations.empty() && changes.empty())
    return model::ops::matMul(weight, what.bias, in.data(), rows, out.data(), what.product.columns);
  const Prepared input = prepare(what.preparations, in, rows, rowsTogether);
  const bool hasOutliers = weight.input && weight.input->threshold > 0.0F;
  if (input.codes.empty())
    model::ops::matMul(weight, what.bias, input.floats.data(), rows, out.data(), what.product.columns);
  else
    model::ops::multiplyCodes(weight, what.bias, input.codes.data(), hasOutliers ? input.floats.data() : nullptr, rows,
                              out.data());
  addChanges(input, changes, rows, weight.rows(), out);
}

}  // namespace core::trace
