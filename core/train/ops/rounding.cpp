#include "core/train/ops/rounding.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/model/coded_row.h"
#include "core/model/ops/kv_rows.h"
#include "core/model/ops/quantize_rows.h"
#include "core/numeric/half.h"

namespace core::train::ops {

namespace {

using model::CodedRow;

void decodeRow(const CodedRow& layout, const float* words, std::size_t width, const float* in, float* out) {
  const std::int32_t zero = std::bit_cast<std::int32_t>(words[1]);
  const auto* const codes = reinterpret_cast<const std::int8_t*>(words + layout.codes());
  for (std::size_t c = 0; c < width; ++c) {
    const auto mask = std::bit_cast<std::uint32_t>(words[layout.masks() + c / CodedRow::kUnit]);
    const bool isOutlier = (mask >> (c % CodedRow::kUnit) & 1U) != 0;
    out[c] =
        isOutlier ? numeric::halfToFloat(numeric::floatToHalf(in[c])) : words[0] * static_cast<float>(codes[c] - zero);
  }
}

void roundRows(const quant::InputQuantizer& quantizer, const float* in, std::size_t rows, std::size_t width,
               float* out) {
  if (!quantizer.makesCodes()) return model::ops::roundRows(quantizer, in, rows, width, out);
  const CodedRow layout(static_cast<std::uint32_t>(width));
  std::vector<float> coded(rows * layout.words());
  model::ops::encodeRows(quantizer, in, rows, width, coded.data());
  decodeCodes(coded, width, in, out);
}

}  // namespace

void decodeCodes(std::span<const float> coded, std::size_t width, const float* in, float* out) {
  const CodedRow layout(static_cast<std::uint32_t>(width));
  for (std::size_t row = 0; row * layout.words() < coded.size(); ++row)
    decodeRow(layout, coded.data() + row * layout.words(), width, in + row * width, out + row * width);
}

template <typename Real>
void roundInputs(const quant::InputQuantizer& quantizer, std::optional<std::uint32_t> rowsTogether, const Batch& batch,
                 std::size_t width, const Real* in, Real* out) {
  const std::vector<float> floats(in, in + batch.rows() * width);
  std::vector<float> rounded(floats.size());
  const std::size_t together = std::min<std::size_t>(rowsTogether.value_or(batch.length), batch.length);
  for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
    for (std::size_t t = 0; t < batch.length; t += together) {
      const std::size_t at = (sequence * batch.length + t) * width;
      roundRows(quantizer, floats.data() + at, std::min(together, batch.length - t), width, rounded.data() + at);
    }
  }
  std::ranges::copy(rounded, out);
}

template <typename Real>
void roundKv(model::KvFormat format, std::size_t rows, std::size_t heads, std::size_t headSize, Real* values) {
  if (format == model::KvFormat::F32) return;
  const std::size_t width = heads * headSize;
  std::vector<float> floats(values, values + rows * width);
  model::ops::KvRows stored(rows, heads, headSize, format);
  stored.write(0, rows, floats.data());
  std::vector<float> head(rows * headSize);
  for (std::size_t h = 0; h < heads; ++h) {
    stored.read(0, rows, h, head.data());
    for (std::size_t row = 0; row < rows; ++row)
      std::copy_n(head.data() + row * headSize, headSize, values + row * width + h * headSize);
  }
}

template <typename Real>
void roundTo(quant::ComputeType type, std::span<Real> values) {
  if (type == quant::ComputeType::Fp32) return;
  std::vector<float> floats(values.begin(), values.end());
  quant::roundTo(type, floats);
  std::ranges::copy(floats, values.begin());
}

template void roundInputs(const quant::InputQuantizer&, std::optional<std::uint32_t>, const Batch&, std::size_t,
                          const float*, float*);
template void roundInputs(const quant::InputQuantizer&, std::optional<std::uint32_t>, const Batch&, std::size_t,
                          const double*, double*);
template void roundKv(model::KvFormat, std::size_t, std::size_t, std::size_t, float*);
template void roundKv(model::KvFormat, std::size_t, std::size_t, std::size_t, double*);
template void roundTo(quant::ComputeType, std::span<float>);
template void roundTo(quant::ComputeType, std::span<double>);

}  // namespace core::train::ops
