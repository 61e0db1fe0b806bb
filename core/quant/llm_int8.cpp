#include "core/quant/llm_int8.h"

#include "core/quant/llm_int8_row.h"
#include "core/quant/tensor_rows.h"

namespace core::quant {

void quantizeLlmInt8(const QuantizedTensor& source, const JobContext& job, Uniform& out, std::uint8_t* payload) {
  const std::uint64_t rowValues = source.shape.rowValues();
  out.bits = 8;
  out.qmin = -127;
  out.grouping = {Granularity::Row, 0};
  out.scaleType = ScaleType::Fp32;
  out.scales.assign(groupCount(out.grouping, source.shape), 0.0F);
  forEachRow(source, job, "Quantizing", [&](std::uint64_t row, const float* values) {
    const LlmInt8Row of = llmInt8Row({values, rowValues});
    out.scales[row] = of.absmax * kLlmInt8OneOver127;
    for (std::uint64_t i = 0; i < rowValues; ++i) {
      const float code = llmInt8Code(values[i] * of.factor);
      payload[row * rowValues + i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(code) + 127);
    }
  });
}

std::vector<std::uint32_t> outlierColumns(std::span<const float> largest, float threshold) {
  std::vector<std::uint32_t> columns;
  for (std::size_t i = 0; i < largest.size() && threshold > 0.0F; ++i)
    if (largest[i] >= threshold) columns.push_back(static_cast<std::uint32_t>(i));
  return columns;
}

}  // namespace core::quant
