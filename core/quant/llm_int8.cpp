#include "core/quant/llm_int8.h"

#include <algorithm>
#include <cmath>

#include "core/quant/tensor_rows.h"
#include "core/quant/uniform_code.h"

namespace core::quant {

namespace {
constexpr float kLargest = 127.0F;
constexpr float kOneOver127 = 7.874015718698502e-3F;
}  // namespace

void quantizeLlmInt8(const QuantizedTensor& source, const JobContext& job, Uniform& out, std::uint8_t* payload) {
  const std::uint64_t rowValues = source.shape.rowValues();
  out.bits = 8;
  out.qmin = -127;
  out.grouping = {Granularity::Row, 0};
  out.scaleType = ScaleType::Fp32;
  out.scales.assign(groupCount(out.grouping, source.shape), 0.0F);
  forEachRow(source, job, "Quantizing", [&](std::uint64_t row, const float* values) {
    float absmax = 0.0F;
    for (std::uint64_t i = 0; i < rowValues; ++i)
      if (std::isfinite(values[i])) absmax = std::max(absmax, std::fabs(values[i]));
    out.scales[row] = absmax * kOneOver127;
    const float factor = absmax == 0.0F ? 0.0F : kLargest / absmax;  // infinite below 2^−121
    for (std::uint64_t i = 0; i < rowValues; ++i) {
      const float product = values[i] * factor;
      const float code = std::isnan(product) ? 0.0F : roundToEven(std::clamp(product, -kLargest, kLargest));
      payload[row * rowValues + i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(code) + 127);
    }
  });
}

}  // namespace core::quant
